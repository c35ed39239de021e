//! Writing through the Rust API, on SQLite.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeListArray, Float32Array, Int32Array, Int64Array, NullArray, RecordBatch,
    StringArray,
};
use arrow::datatypes::{DataType, Field, Float32Type, Int64Type, Schema};
use datafusion::prelude::{col, lit};
use ducklake_scan::{
    AppendOptions, ColumnDefault, CreateLake, ErrorKind, FileFormat, Lake, LakeOptions, LakeType, Merge, NewColumn,
    Rows, Session, SnapshotSelector, TableColumns,
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

struct Fixture {
    folder: TempDir,
    lake: Lake,
}

async fn fixture() -> Fixture {
    let folder = TempDir::new().unwrap();
    let uri = format!("sqlite:{}", folder.path().join("meta.sqlite").display());
    let create =
        CreateLake { data_path: folder.path().join("data").to_str().unwrap().to_string(), ..CreateLake::default() };
    let lake = Lake::create(&uri, &create, LakeOptions::default()).await.unwrap();
    Fixture { folder, lake }
}

impl Fixture {
    /// The rows of a query as text.
    async fn rows(&self, sql: &str) -> Vec<String> {
        rows_of(&self.lake, sql).await
    }

    /// Data files below the data path.
    fn files(&self) -> usize {
        fn count(path: &std::path::Path) -> usize {
            let Ok(entries) = std::fs::read_dir(path) else { return 0 };
            entries.map(|e| e.unwrap().path()).map(|p| if p.is_dir() { count(&p) } else { 1 }).sum()
        }
        count(&self.folder.path().join("data"))
    }
}

async fn rows_of(lake: &Lake, sql: &str) -> Vec<String> {
    let session = Session::new();
    session.attach("lake", lake.clone()).await.unwrap();
    texts(&session.sql(sql).await.unwrap().collect().await.unwrap())
}

fn texts(batches: &[RecordBatch]) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|c| arrow::util::display::array_value_to_string(c, row).unwrap());
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    rows
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn ids(ids: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(ids))
}

fn names(names: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(names))
}

fn people(rows: &[(i64, &str)]) -> RecordBatch {
    let texts: Vec<&str> = rows.iter().map(|r| r.1).collect();
    batch(vec![("id", ids(rows.iter().map(|r| r.0))), ("name", names(&texts))])
}

fn creating() -> AppendOptions {
    AppendOptions { create: true, ..AppendOptions::default() }
}

fn evolving() -> AppendOptions {
    AppendOptions { evolve: true, ..creating() }
}

#[tokio::test]
async fn futures_can_be_spawned() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    let f = fixture().await;
    let lake = f.lake.clone();
    let task = tokio::spawn(async move {
        let rows = people(&[(1, "a"), (2, "b")]);
        sent(lake.append_with("t", rows.clone(), &creating())).await.unwrap();
        sent(lake.append("t", rows.clone())).await.unwrap();
        sent(lake.update("t", [("name", "'x'")], "id = 1")).await.unwrap();
        sent(lake.delete("t", col("id").eq(lit(2)))).await.unwrap();
        sent(lake.merge(Merge::new("t", rows.clone(), &["id"]).when_matched_update_all())).await.unwrap();
        sent(lake.overwrite("t", rows.clone(), &AppendOptions::default())).await.unwrap();
        let mut appender = sent(lake.appender("t", AppendOptions::default())).await.unwrap();
        sent(appender.append(rows)).await.unwrap();
        sent(appender.finish()).await.unwrap();
        sent(lake.transact(1, |t| Box::pin(async move { t.delete("t", "true").await }))).await.unwrap();
        let mut transaction = sent(lake.begin()).await.unwrap();
        sent(transaction.execute("DELETE FROM t")).await.unwrap();
        sent(transaction.commit()).await.unwrap();
    });
    task.await.unwrap();
    assert_eq!(f.rows("SELECT count(*) FROM t").await, ["0"]);
}

#[tokio::test]
async fn a_transaction_sees_itself_and_commits_once() {
    let f = fixture().await;
    let before = f.lake.view(&SnapshotSelector::Latest).await.unwrap().snapshot.id;
    let mut t = f.lake.begin().await.unwrap();
    t.set_commit_info(Some("me"), Some("two tables"), Some("{}")).await;
    t.create_table("a", &Schema::new(vec![Field::new("x", DataType::Int32, false)])).await.unwrap();
    t.append("a", batch(vec![("x", ids(0..100))]), &AppendOptions::default()).await.unwrap();
    t.append("b", people(&[(1, "one")]), &creating()).await.unwrap();
    assert_eq!(t.delete("a", "x >= 10").await.unwrap(), 90);
    assert_eq!(t.update("a", [("x", "x + 100")], "x = 3").await.unwrap(), 1);
    let seen = t.sql("SELECT count(*), max(x) FROM a").await.unwrap().collect().await.unwrap();
    assert_eq!(texts(&seen), ["10|103"]);
    assert_eq!(t.scan("b").await.unwrap().count().await.unwrap(), 1);
    assert_eq!(t.view().await.unwrap().names.tables.len(), 2);
    assert!(t.sql("DELETE FROM a").await.is_err());
    assert!(t.execute("COMMIT").await.is_err());
    assert!(f.lake.view(&SnapshotSelector::Latest).await.unwrap().names.tables.is_empty(), "nobody else sees it");
    let snapshot = t.commit().await.unwrap().unwrap();
    assert_eq!(snapshot.id, before + 1);
    assert_eq!(f.rows("SELECT count(*), max(x) FROM a").await, ["10|103"]);
    let said = f.rows(
        "SELECT author, commit_message, commit_extra_info FROM lake.snapshots() ORDER BY snapshot_id DESC LIMIT 1",
    );
    assert_eq!(said.await, ["me|two tables|{}"]);
    assert_eq!(f.lake.begin().await.unwrap().commit().await.unwrap(), None, "nothing was changed");
}

#[tokio::test]
async fn what_is_not_committed_leaves_nothing() {
    let f = fixture().await;
    f.lake.append_with("t", people(&[(1, "a")]), &creating()).await.unwrap();
    let files = f.files();
    let many = batch(vec![("id", ids(0..1000))]);
    let mut t = f.lake.begin().await.unwrap();
    t.append("t", many.clone(), &AppendOptions::default()).await.unwrap();
    assert!(f.files() > files);
    t.rollback().await.unwrap();
    assert_eq!(f.files(), files);

    let mut t = f.lake.begin().await.unwrap();
    t.append("t", many.clone(), &AppendOptions::default()).await.unwrap();
    drop(t);
    let mut appender = f.lake.appender("t", AppendOptions::default()).await.unwrap();
    appender.append(many.clone()).await.unwrap();
    drop(appender);
    for _ in 0..500 {
        if f.files() == files {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(f.files(), files, "removed in the background");
    assert_eq!(f.rows("SELECT count(*) FROM t").await, ["1"]);
}

#[tokio::test]
async fn a_failed_call_changes_nothing_of_the_transaction() {
    let f = fixture().await;
    let mut t = f.lake.begin().await.unwrap();
    t.append("t", people(&[(1, "a")]), &creating()).await.unwrap();
    let bad = batch(vec![("id", names(&["1", "x"]))]);
    assert!(t.append("t", bad.clone(), &AppendOptions::default()).await.is_err());
    assert!(t.overwrite("t", bad.clone(), &AppendOptions::default()).await.is_err());
    let wide = batch(vec![("id", names(&["x"])), ("more", ids([1]))]);
    assert!(t.append("t", wide, &evolving()).await.is_err());
    assert!(t.append("new", batch(vec![("row_id", ids([1]))]), &creating()).await.is_err());
    assert_eq!(t.scan("t").await.unwrap().schema().fields().len(), 2);
    let mut appender = t.appender("t", AppendOptions::default()).await.unwrap();
    appender.append(people(&[(2, "b")])).await.unwrap();
    assert!(appender.append(bad).await.is_err());
    let again = appender.append(people(&[(3, "c")])).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Usage);
    drop(appender);
    t.commit().await.unwrap().unwrap();
    assert_eq!(f.rows("FROM t").await, ["1|a"]);
}

#[tokio::test]
async fn columns_go_by_name_and_missing_ones_take_defaults() {
    let f = fixture().await;
    let column = |name: &str, lake_type, default| NewColumn { name: name.into(), lake_type, nullable: true, default };
    let columns = vec![
        column("id", LakeType::Int32, ColumnDefault::None),
        column("Name", LakeType::Varchar, ColumnDefault::Literal("nobody".into())),
        column("n", LakeType::Int64, ColumnDefault::Expression("40 + 2".into())),
        column("d", LakeType::Date, ColumnDefault::None),
    ];
    f.lake.create_table("main.t", columns).await.unwrap();
    f.lake.append("t", batch(vec![("NAME", names(&["x"])), ("ID", ids([1]))])).await.unwrap();
    f.lake.append("t", batch(vec![("d", names(&["2026-01-31"])), ("id", ids([2]))])).await.unwrap();
    assert_eq!(f.rows("FROM t ORDER BY id").await, ["1|x|42|", "2|nobody|42|2026-01-31"]);
    let unknown = f.lake.append("t", batch(vec![("idd", ids([1]))])).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Usage);
    assert!(unknown.hint().unwrap().contains("Name"), "{unknown}");
    let twice = f.lake.append("t", batch(vec![("id", ids([1])), ("ID", ids([1]))])).await.unwrap_err();
    assert!(twice.to_string().contains("two columns"), "{twice}");
    let big = f.lake.append("t", batch(vec![("id", ids([1 << 40]))])).await.unwrap_err();
    assert!(big.to_string().contains("'id'"), "{big}");
    assert!(matches!(f.lake.append("nix", people(&[])).await, Err(e) if e.to_string().contains("nix")));
}

#[tokio::test]
async fn tables_evolve_with_what_they_are_given() {
    let f = fixture().await;
    let first = batch(vec![("id", Arc::new(Int32Array::from_iter_values(0..50)) as ArrayRef)]);
    let mut appender = f.lake.appender("t", evolving()).await.unwrap();
    appender.append(first.clone()).await.unwrap();
    appender.append(batch(vec![("name", names(&["a"])), ("id", ids([1 << 40]))])).await.unwrap();
    appender.append(batch(vec![("id", ids([51])), ("untyped", Arc::new(NullArray::new(1)))])).await.unwrap();
    appender.append(first).await.unwrap();
    let result = appender.finish().await.unwrap();
    assert_eq!(result.rows, 102);
    assert_eq!(f.rows("SELECT count(*), count(name), max(id) FROM t").await, ["102|1|1099511627776"]);
    let types = f.rows("DESCRIBE t").await;
    assert!(types[0].starts_with("id|BIGINT") && types[1].starts_with("name|VARCHAR"), "{types:?}");

    // A committed table evolves too.
    f.lake.append_with("t", batch(vec![("x", Arc::new(Float32Array::from(vec![1.5])))]), &evolving()).await.unwrap();
    assert_eq!(f.rows("SELECT id, name, x FROM t WHERE x > 1").await, ["||1.5"]);
    assert_eq!(f.rows("SELECT count(*) FROM t WHERE x IS NULL").await, ["102"]);
}

#[tokio::test]
async fn streams_keep_little_and_end_in_one_snapshot() {
    let f = fixture().await;
    let before = f.lake.view(&SnapshotSelector::Latest).await.unwrap().snapshot.id;
    let mut appender = f.lake.appender("t", creating()).await.unwrap();
    for i in 0..20 {
        appender.append(batch(vec![("id", ids(i * 1000..(i + 1) * 1000))])).await.unwrap();
    }
    assert_eq!(appender.rows(), 20_000);
    let result = appender.finish().await.unwrap();
    assert_eq!((result.rows, result.snapshot), (20_000, Some(before + 1)));
    assert_eq!(f.rows("SELECT count(*), sum(id) FROM t").await, ["20000|199990000"]);
    assert_eq!(f.files(), 1);
    let nothing = f.lake.appender("t", AppendOptions::default()).await.unwrap().finish().await.unwrap();
    assert_eq!((nothing.rows, nothing.snapshot), (0, None));
    f.lake.append("t", batch(vec![("id", ids([1]))])).await.unwrap();
    assert_eq!(f.files(), 1, "few rows stay in the catalog");
}

#[tokio::test]
async fn rows_are_overwritten_in_one_snapshot() {
    let f = fixture().await;
    let first = f.lake.append_with("t", people(&[(1, "a"), (2, "b")]), &creating()).await.unwrap();
    let second = f.lake.overwrite("t", people(&[(3, "c")]), &AppendOptions::default()).await.unwrap();
    assert_eq!(second.snapshot.unwrap(), first.snapshot.unwrap() + 1);
    assert_eq!(f.rows("FROM t").await, ["3|c"]);
    let then = format!("FROM t AT (VERSION => {}) ORDER BY id", first.snapshot.unwrap());
    assert_eq!(f.rows(&then).await, ["1|a", "2|b"]);
}

#[tokio::test]
async fn rows_are_deleted_and_updated_by_text_and_expression() {
    let f = fixture().await;
    let rows: Vec<(i64, &str)> = (0..30).map(|i| (i, "x")).collect();
    f.lake.append_with("t", people(&rows), &creating()).await.unwrap();
    assert_eq!(f.lake.delete("t", "id IN (SELECT id FROM t WHERE id < 5)").await.unwrap().rows, 5);
    assert_eq!(f.lake.delete("t", col("id").gt(lit(27))).await.unwrap().rows, 2);
    assert_eq!(f.lake.update("t", [("name", "name || 'y'")], "id = 10").await.unwrap().rows, 1);
    assert_eq!(f.lake.update("t", [("name", lit("z"))], col("id").eq(lit(11))).await.unwrap().rows, 1);
    let mixed = f.lake.update("t", [("NAME", "name || id")], col("id").eq(lit(12))).await.unwrap();
    assert_eq!(mixed.rows, 1);
    assert_eq!(f.lake.update("t", [("id", col("id") + lit(100))], "id = 13").await.unwrap().rows, 1);
    let expected = ["10|xy", "11|z", "12|x12", "113|x"];
    assert_eq!(f.rows("SELECT * FROM t WHERE name <> 'x' OR id > 100 ORDER BY id").await, expected);
    assert_eq!(f.rows("SELECT count(*) FROM t").await, ["23"]);
    let none = f.lake.delete("t", "id = 1000").await.unwrap();
    assert_eq!((none.rows, none.snapshot), (0, None));
    for bad in ["", "id = 1; DROP TABLE t", "nix = 1", "id = 1) OR (1 = 1"] {
        assert!(f.lake.delete("t", bad).await.is_err(), "{bad}");
    }
    assert!(f.lake.update("t", [("nix", "1")], "true").await.is_err());
    assert!(f.lake.update("t", [("nix", lit(1))], "true").await.is_err());
}

#[tokio::test]
async fn merges_update_insert_and_delete() {
    let f = fixture().await;
    f.lake.append_with("t", people(&[(1, "a"), (2, "b"), (3, "c")]), &creating()).await.unwrap();
    let source = people(&[(2, "B"), (3, "gone"), (4, "D")]);
    let merge = Merge::new("t", source, &["id"])
        .when_matched_delete_if("source.name = 'gone'")
        .when_matched_update_all()
        .when_not_matched_insert_all();
    assert_eq!(f.lake.merge(merge).await.unwrap().rows, 3);
    assert_eq!(f.rows("FROM t ORDER BY id").await, ["1|a", "2|B", "4|D"]);

    let mut t = f.lake.begin().await.unwrap();
    let frame = t.sql("SELECT 1 AS id UNION ALL SELECT 9").await.unwrap();
    let merge = Merge::new("t", frame, &["id"]).when_not_matched_insert_all().when_not_matched_by_source_delete();
    assert_eq!(t.merge(merge).await.unwrap(), 3);
    t.commit().await.unwrap();
    assert_eq!(f.rows("FROM t ORDER BY id").await, ["1|a", "9|"]);
    assert!(f.lake.merge(Merge::new("t", people(&[(1, "a")]), &["id"])).await.is_err(), "nothing to do");
    assert!(f.lake.merge(Merge::new("t", people(&[(1, "a")]), &["x"]).when_matched_delete()).await.is_err());
}

#[derive(Debug, Serialize, Deserialize, Clone, PartialEq)]
struct Record {
    id: u32,
    name: Option<String>,
    tags: Vec<String>,
    vector: Vec<f32>,
    place: Place,
    extra: BTreeMap<String, i32>,
    kind: Kind,
    nothing: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize, Clone, PartialEq)]
struct Place {
    lat: f64,
    lon: f64,
}

#[derive(Debug, Serialize, Deserialize, Clone, PartialEq)]
enum Kind {
    Big,
    Small,
}

#[tokio::test]
async fn structs_are_rows() {
    let f = fixture().await;
    let record = |id: u32, kind| Record {
        id,
        name: (id > 1).then(|| format!("n{id}")),
        tags: vec!["a".into(); id as usize],
        vector: vec![0.5; 3],
        place: Place { lat: 1.5, lon: f64::from(id) },
        extra: BTreeMap::from([("k".to_string(), 7)]),
        kind,
        nothing: None,
    };
    let records = [record(1, Kind::Big), record(2, Kind::Small)];
    f.lake.append_structs("t", &records, &creating()).await.unwrap();
    f.lake.append_structs("t", &records[..1], &AppendOptions::default()).await.unwrap();
    let rows = f.rows("SELECT id, name, tags, vector, place.lon, kind, nothing FROM t ORDER BY id DESC LIMIT 1").await;
    assert_eq!(rows, ["2|n2|[a, a]|[0.5, 0.5, 0.5]|2.0|Small|"]);
    assert_eq!(f.rows("SELECT extra['k'] FROM t LIMIT 1").await, ["7"]);

    let columns = TableColumns::of_struct::<Place>().unwrap();
    f.lake.create_table("places", columns).await.unwrap();
    f.lake.append_structs("places", &[Place { lat: 1.0, lon: 2.0 }], &AppendOptions::default()).await.unwrap();
    let empty: [Place; 0] = [];
    assert_eq!(f.lake.append_structs("places", &empty, &AppendOptions::default()).await.unwrap().rows, 0);
    assert!(Rows::from_structs(&[1, 2]).is_err());
    let types = f.rows("DESCRIBE places").await;
    assert!(types[0].starts_with("lat|DOUBLE|NO"), "{types:?}");
}

#[tokio::test]
async fn lists_of_any_kind_are_lists() {
    let f = fixture().await;
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let values = Arc::new(Float32Array::from_iter_values((0..40).map(|i| i as f32)));
    let fixed = FixedSizeListArray::new(item, 2, values, None);
    let rows = batch(vec![("id", ids(0..20)), ("v", Arc::new(fixed))]);
    f.lake.append_with("t", rows.clone(), &creating()).await.unwrap();
    f.lake.append("t", rows.slice(0, 2)).await.unwrap();
    let session = Session::new();
    session.attach("lake", f.lake.clone()).await.unwrap();
    let read = session.sql("SELECT v FROM t WHERE id = 1").await.unwrap().collect().await.unwrap();
    let mut found = 0;
    for batch in read {
        let lists = batch.column(0).as_list::<i32>();
        for row in 0..lists.len() {
            assert_eq!(lists.value(row).as_primitive::<Float32Type>().values().as_ref(), [2.0, 3.0]);
            found += 1;
        }
    }
    assert_eq!(found, 2);
}

#[tokio::test]
async fn conflicts_are_tried_again() {
    let f = fixture().await;
    let rows: Vec<(i64, &str)> = (0..30).map(|i| (i, "x")).collect();
    f.lake.append_with("t", people(&rows), &creating()).await.unwrap();
    let attempts = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let (deleted, snapshot) = f
        .lake
        .transact(1, |t| {
            let (lake, attempts) = (f.lake.clone(), Arc::clone(&attempts));
            Box::pin(async move {
                let deleted = t.delete("t", "id < 2").await?;
                if attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
                    // Another writer is quicker.
                    lake.delete("t", "id < 1").await?;
                }
                Ok(deleted)
            })
        })
        .await
        .unwrap();
    assert_eq!((deleted, attempts.load(std::sync::atomic::Ordering::Relaxed)), (1, 2));
    assert!(snapshot.is_some());
    let lost = f
        .lake
        .transact(0, |t| {
            let lake = f.lake.clone();
            Box::pin(async move {
                t.delete("t", "id = 7").await?;
                lake.delete("t", "id = 7").await?;
                Ok(())
            })
        })
        .await;
    assert_eq!(lost.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(f.rows("SELECT count(*) FROM t").await, ["27"]);

    // Two that create the same table: the second finds it and appends.
    let mut slow = f.lake.appender("u", creating()).await.unwrap();
    slow.append(people(&[(1, "a")])).await.unwrap();
    f.lake.append_with("u", people(&[(2, "b")]), &creating()).await.unwrap();
    assert_eq!(slow.finish().await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(f.rows("FROM u").await, ["2|b"]);
}

#[tokio::test]
async fn what_cannot_be_written_says_so() {
    let f = fixture().await;
    let uri = format!("sqlite:{}", f.folder.path().join("meta.sqlite").display());
    let read_only = Lake::open(&uri, LakeOptions { read_only: true, ..LakeOptions::default() }).await.unwrap();
    assert_eq!(read_only.begin().await.unwrap_err().kind(), ErrorKind::Usage);
    let required = Schema::new(vec![Field::new("id", DataType::Int64, false)]);
    f.lake.create_table("t", &required).await.unwrap();
    assert!(f.lake.create_table("T", &required).await.is_err(), "the name is taken");
    assert!(f.lake.create_table("nix.t", &required).await.is_err());
    let null = batch(vec![("id", Arc::new(Int64Array::from(vec![None::<i64>])) as ArrayRef)]);
    let error = f.lake.append("t", null).await.unwrap_err();
    assert!(error.to_string().contains("t.id"), "{error}");
    let read = read_only.view(&SnapshotSelector::Latest).await.unwrap();
    assert_eq!(read.names.tables.len(), 1);
    let session = Session::new();
    session.attach("lake", f.lake.clone()).await.unwrap();
    let max = session.sql("SELECT max(id) FROM t").await.unwrap().collect().await.unwrap();
    assert!(max[0].column(0).as_primitive::<Int64Type>().is_null(0));
}

#[tokio::test]
async fn files_are_rows() {
    let f = fixture().await;
    let path = |name: &str| f.folder.path().join(name).to_str().unwrap().to_string();
    std::fs::write(path("a[1]*.csv"), "id,price,day,at,note\n1,1.50,2026-01-31,2026-01-31T12:00:00,\"x\ny\"\n2,,,,\n")
        .unwrap();
    std::fs::write(path("b.csv"), "NOTE,id,price\nz,03,0.1\n").unwrap();
    std::fs::write(path("c.json"), "{\"id\": 4, \"tags\": [\"t\"]}\n{\"id\": 5, \"price\": 2}\n").unwrap();
    std::fs::write(path("d.json"), " [{\"id\": 6}, {\"id\": 7}]").unwrap();
    std::fs::write(path("e.txt"), "id\n8\n").unwrap();
    let mut appender = f.lake.appender("t", evolving()).await.unwrap();
    let heard = std::sync::atomic::AtomicU64::new(0);
    for (name, rows) in [("a[1]*.csv", 2), ("b.csv", 1), ("c.json", 2), ("d.json", 2)] {
        let path = path(name);
        let taken = appender.append_file(&path, None, |rows| {
            heard.fetch_add(rows, std::sync::atomic::Ordering::Relaxed);
            true
        });
        assert_eq!(taken.await.unwrap(), rows, "{name}");
    }
    assert!(appender.append_file(&path("e.txt"), None, |_| true).await.is_err());
    assert!(appender.append_file(&path("nix.csv"), None, |_| true).await.is_err());
    assert!(appender.append_file(f.folder.path().to_str().unwrap(), None, |_| true).await.is_err());
    appender.append_file(&path("e.txt"), Some(FileFormat::Csv), |_| true).await.unwrap();
    assert_eq!(appender.finish().await.unwrap().rows, 8);
    assert_eq!(heard.into_inner(), 7);
    let types: Vec<String> = f.rows("DESCRIBE t").await;
    let types: Vec<String> = types.iter().map(|row| row.split('|').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(types, ["id BIGINT", "price DOUBLE", "day DATE", "at TIMESTAMP", "note VARCHAR", "tags VARCHAR[]"]);
    assert_eq!(
        f.rows("SELECT id, price, day, note FROM t WHERE id <= 3 ORDER BY id").await,
        ["1|1.5|2026-01-31|x\ny", "2|||", "3|0.1||z"]
    );
    assert_eq!(f.rows("SELECT tags FROM t WHERE id = 4").await, ["[t]"]);
}
