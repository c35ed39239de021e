//! Searches with indexes against the same searches by reading everything, while the table changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float32Type, Int64Type};
use ducklake_scan::{CreateLake, Lake, LakeOptions, RefreshScope, Session};
use fastrand::Rng;
use tempfile::TempDir;

const WORDS: [&str; 12] = [
    "parse",
    "parseJSON",
    "json_reader",
    "tree",
    "snapshot",
    "HTTPServer",
    "lake",
    "quack",
    "index",
    "vector",
    "row",
    "file",
];

/// A lake with one table, `t(id, kind, words, v)`, and its session.
struct Subject {
    folder: TempDir,
    lake: Lake,
    session: Session,
    dimensions: usize,
    next_id: i64,
    rng: Rng,
}

/// A row as a plain scan gives it.
struct Row {
    id: i64,
    kind: String,
    words: Option<String>,
    vector: Option<Vec<f32>>,
}

impl Subject {
    async fn new(seed: u64, dimensions: usize, encrypted: bool) -> Self {
        let folder = TempDir::with_prefix("quacklake-search-").expect("a folder");
        let uri = format!("sqlite:{}", folder.path().join("meta.sqlite").display());
        let create = CreateLake { data_path: format!("{}/data/", folder.path().display()), encrypted };
        let lake = Lake::create(&uri, &create, LakeOptions::default()).await.expect("a lake");
        let session = Session::new();
        session.attach("lake", lake.clone()).await.expect("attached");
        let subject = Self { folder, lake, session, dimensions, next_id: 0, rng: Rng::with_seed(seed) };
        subject.run("CREATE TABLE t (id BIGINT, kind VARCHAR, words VARCHAR, v FLOAT[])").await;
        subject
    }

    async fn run(&self, sql: &str) {
        let shown: String = sql.chars().take(200).collect();
        self.session.sql(sql).await.unwrap_or_else(|error| panic!("{shown}: {error}"));
    }

    async fn refresh(&self) -> u64 {
        let rows = self.lake.refresh_indexes(&RefreshScope::default(), |_| ()).await.expect("refreshed");
        rows.iter().map(|row| row.segments_built).sum()
    }

    fn vector(&mut self) -> Vec<f32> {
        (0..self.dimensions).map(|_| self.rng.f32() * 2.0 - 1.0).collect()
    }

    fn words(&mut self) -> String {
        let count = self.rng.usize(1..6);
        (0..count).map(|_| WORDS[self.rng.usize(..WORDS.len())]).collect::<Vec<_>>().join(" ")
    }

    async fn insert(&mut self, rows: usize) {
        let mut values = Vec::with_capacity(rows);
        for _ in 0..rows {
            let vector = match self.rng.u8(..20) {
                0 => "NULL".to_string(),
                _ => sql_vector(&self.vector()),
            };
            let words = if self.rng.u8(..20) == 0 { "NULL".to_string() } else { format!("'{}'", self.words()) };
            values.push(format!("({}, '{}', {words}, {vector})", self.next_id, ["a", "b", "c"][self.rng.usize(..3)]));
            self.next_id += 1;
        }
        for values in values.chunks(2000) {
            self.run(&format!("INSERT INTO t VALUES {}", values.join(", "))).await;
        }
    }

    async fn head(&self) -> i64 {
        self.lake.view(&ducklake_scan::SnapshotSelector::Latest).await.expect("a view").snapshot.id
    }

    async fn rows(&self, at: Option<i64>) -> Vec<Row> {
        let mut rows = Vec::new();
        let sql = format!("SELECT id, kind, words, v FROM t{}", version(at));
        for batch in self.session.sql(&sql).await.expect(&sql).collect().await.expect(&sql) {
            let ids = batch.column(0).as_primitive::<Int64Type>();
            let texts = |column: usize| {
                let texts =
                    arrow::compute::cast(batch.column(column), &arrow::datatypes::DataType::Utf8).expect("text");
                texts.as_string::<i32>().iter().map(|text| text.map(str::to_string)).collect::<Vec<_>>()
            };
            let (kinds, words, vectors) = (texts(1), texts(2), batch.column(3).as_list::<i32>());
            for row in 0..batch.num_rows() {
                let vector =
                    vectors.is_valid(row).then(|| vectors.value(row).as_primitive::<Float32Type>().values().to_vec());
                let kind = kinds[row].clone().expect("a kind");
                rows.push(Row { id: ids.value(row), kind, words: words[row].clone(), vector });
            }
        }
        rows
    }

    async fn ids(&self, sql: &str) -> Vec<i64> {
        let shown: String = sql.chars().take(200).collect();
        let frame = self.session.sql(sql).await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        let batches = frame.collect().await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
    }

    async fn explain(&self, sql: &str) -> String {
        let batches = self.session.sql(&format!("EXPLAIN {sql}")).await.expect(sql).collect().await.expect(sql);
        arrow::util::pretty::pretty_format_batches(&batches).expect("a table").to_string()
    }

    /// Every kind of search, against the rows themselves.
    async fn check(&mut self, at: Option<i64>, distance: fn(&[f32], &[f32]) -> f32, function: &str) {
        let rows = self.rows(at).await;
        let query = self.vector();
        let k = self.rng.usize(1..20);
        let of = version(at);
        for filter in ["", "kind = 'b'", "id % 97 = 3"] {
            let passes = |row: &&Row| match filter {
                "" => true,
                "kind = 'b'" => row.kind == "b",
                _ => row.id % 97 == 3,
            };
            let mut exact: Vec<(f32, i64)> = rows
                .iter()
                .filter(passes)
                .filter_map(|row| Some((distance(row.vector.as_deref()?, &query), row.id)))
                .collect();
            exact.sort_by(|a, b| a.0.total_cmp(&b.0));
            let condition = if filter.is_empty() { String::new() } else { format!(" AND {filter}") };
            let vector = sql_vector(&query);
            let sql = format!(
                "SELECT id FROM t{of} WHERE v IS NOT NULL{condition} ORDER BY {function}(v, {vector}) LIMIT {k}"
            );
            same(&self.ids(&sql).await, &exact, k, &sql);
            let version = at.map(|at| format!(", version => {at}")).unwrap_or_default();
            let filter =
                if filter.is_empty() { String::new() } else { format!(", filter => '{}'", filter.replace('\'', "''")) };
            let sql =
                format!("SELECT id FROM vector_search('t', 'v', {vector}, k => {k}, ef => 100000{filter}{version})");
            same(&self.ids(&sql).await, &exact, k, &sql);
        }
        let word = WORDS[self.rng.usize(..WORDS.len())];
        let plain: BTreeSet<i64> = rows
            .iter()
            .filter(|row| row.words.as_deref().is_some_and(|words| words.split(' ').any(|w| w == word)))
            .map(|row| row.id)
            .collect();
        let version = at.map(|at| format!(", version => {at}")).unwrap_or_default();
        let sql = format!("SELECT id FROM text_search('t', 'words', '{word}', k => 100000{version})");
        let found: BTreeSet<i64> = self.ids(&sql).await.into_iter().collect();
        assert!(found.is_superset(&plain), "{sql}: {:?} are missing", plain.difference(&found));
        let visible: BTreeSet<i64> = rows.iter().map(|row| row.id).collect();
        assert!(found.is_subset(&visible), "{sql}: {:?} are not there", found.difference(&visible));
        // A predicate is judged row by row where no index knows; the answer is the same.
        let with = self.ids(&format!("SELECT id FROM t{of} WHERE match(words, '{word}') ORDER BY id")).await;
        let without = self.ids(&format!("SELECT id FROM t{of} WHERE match(words || '', '{word}') ORDER BY id")).await;
        assert_eq!(with, without, "match(words, '{word}'){of}");
        assert!(with.into_iter().collect::<BTreeSet<_>>().is_superset(&plain));
    }
}

fn version(at: Option<i64>) -> String {
    at.map(|at| format!(" AT (VERSION => {at})")).unwrap_or_default()
}

fn sql_vector(vector: &[f32]) -> String {
    let numbers: Vec<String> = vector.iter().map(f32::to_string).collect();
    format!("[{}]::FLOAT[]", numbers.join(", "))
}

/// The same rows, but for those that are equally near.
fn same(found: &[i64], exact: &[(f32, i64)], k: usize, sql: &str) {
    let shown: String = sql.chars().take(120).collect();
    assert_eq!(found.len(), exact.len().min(k), "{shown}");
    for (place, id) in found.iter().enumerate() {
        let (wanted, _) = exact[place];
        let (own, _) =
            exact.iter().find(|(_, other)| other == id).unwrap_or_else(|| panic!("{shown}: {id} must not be found"));
        assert!((own - wanted).abs() < 1e-5, "{shown}: {id} at {place} has {own}, not {wanted}");
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    (1.0 - dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()) as f32
}

fn euclidean(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| f64::from((a - b) * (a - b))).sum::<f64>().sqrt() as f32
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(indexes) = std::fs::read_dir(folder.join("data/_indexes")) else { return found };
    for index in indexes {
        for segment in std::fs::read_dir(index.expect("an entry").path()).expect("a folder") {
            found.push(segment.expect("an entry").path());
        }
    }
    found.sort();
    found
}

/// Inserts, deletes, updates, refreshes and looks back, in any order.
async fn interleaved(seed: u64, encrypted: bool) {
    let mut subject = Subject::new(seed, 12, encrypted).await;
    subject.run("CREATE INDEX near ON t USING HNSW (v) WITH (metric = 'cosine', refresh = 'manual')").await;
    subject.run("CREATE INDEX words ON t USING FTS (words) WITH (refresh = 'manual')").await;
    let mut built = 0;
    for step in 0..25 {
        match subject.rng.u8(..10) {
            0..4 => {
                let rows = subject.rng.usize(1..300);
                subject.insert(rows).await;
            }
            4 => subject.run(&format!("DELETE FROM t WHERE id % 7 = {}", step % 7)).await,
            5 => {
                let vector = sql_vector(&subject.vector());
                subject.run(&format!("UPDATE t SET v = {vector}, words = 'quack lake' WHERE id % 31 = {step}")).await;
            }
            6..8 => built += subject.refresh().await,
            _ => {}
        }
        subject.check(None, cosine, "array_cosine_distance").await;
        let head = subject.head().await;
        let at = subject.rng.i64(3..=head);
        subject.check(Some(at), cosine, "list_cosine_distance").await;
    }
    assert!(built > 0, "nothing was indexed");
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_equal_exact_scans() {
    interleaved(7, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_of_encrypted_lakes_equal_exact_scans() {
    interleaved(11, true).await;
}

/// Enough rows for a graph, which is searched with as many candidates as there are rows.
#[tokio::test(flavor = "multi_thread")]
async fn graphs_equal_exact_scans() {
    let mut subject = Subject::new(3, 8, false).await;
    subject.insert(20_000).await;
    subject.run("CREATE INDEX near ON t USING HNSW (v) WITH (metric = 'l2sq')").await;
    subject.run("SET hnsw_ef_search = 20000").await;
    let sql = format!(
        "SELECT id FROM t WHERE v IS NOT NULL ORDER BY array_distance(v, {}) LIMIT 5",
        sql_vector(&subject.vector())
    );
    let plan = subject.explain(&sql).await;
    assert!(plan.contains("index=near segments="), "{plan}");
    for _ in 0..3 {
        subject.check(None, euclidean, "array_distance").await;
    }
    subject.run("DELETE FROM t WHERE id % 3 = 0").await;
    subject.insert(500).await;
    for _ in 0..3 {
        subject.check(None, euclidean, "array_distance").await;
    }
}

/// Damaged and missing segments cost speed only, and the next refresh makes them anew.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_segments_are_made_up_for() {
    let mut subject = Subject::new(5, 8, false).await;
    subject.insert(3000).await;
    subject.run("CREATE INDEX near ON t USING HNSW (v) WITH (metric = 'cosine')").await;
    subject.run("CREATE INDEX words ON t USING FTS (words)").await;
    let all = segments(subject.folder.path());
    assert_eq!(all.len(), 2, "{all:?}");
    for segment in &all {
        let mut bytes = std::fs::read(segment).expect("a segment");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        std::fs::write(segment, bytes).expect("written");
    }
    // Another process: nothing of it is in memory.
    let mut fresh = reopened(subject).await;
    fresh.check(None, cosine, "array_cosine_distance").await;
    assert_eq!(fresh.refresh().await, 2);
    fresh.check(None, cosine, "array_cosine_distance").await;
    let again = segments(fresh.folder.path());
    assert!(again.len() == 2 && again.iter().all(|segment| !all.contains(segment)), "{again:?}");
    std::fs::remove_file(&again[0]).expect("removed");
    std::fs::write(&again[1], b"QLX1").expect("written");
    fresh.check(None, cosine, "array_cosine_distance").await;
    let mut fresh = reopened(fresh).await;
    fresh.check(None, cosine, "array_cosine_distance").await;
    // A dropped index leaves nothing once no snapshot knows it; until then its files stay.
    fresh.run("DROP INDEX near").await;
    fresh.run("DROP INDEX words").await;
    fresh.check(None, cosine, "array_cosine_distance").await;
}

/// What a commit adds gets a segment without being asked, once it is worth it.
#[tokio::test(flavor = "multi_thread")]
async fn commits_bring_segments() {
    let mut subject = Subject::new(9, 4, false).await;
    subject.run("CREATE INDEX near ON t USING HNSW (v) WITH (metric = 'cosine', refresh = 'commit')").await;
    subject.insert(100).await;
    subject.lake.storage().settled().await;
    assert_eq!(segments(subject.folder.path()).len(), 0, "a few rows are read as quickly");
    for _ in 0..4 {
        subject.insert(2000).await;
    }
    subject.lake.storage().settled().await;
    assert!(!segments(subject.folder.path()).is_empty());
    subject.check(None, cosine, "array_cosine_distance").await;
}

/// Many rows without a segment are taken into an index in memory, which is left when segments know them.
#[tokio::test(flavor = "multi_thread")]
async fn many_rows_without_segments_are_indexed_in_memory() {
    let mut subject = Subject::new(17, 4, false).await;
    subject.run("CREATE INDEX near ON t USING HNSW (v) WITH (metric = 'l2sq', refresh = 'manual')").await;
    subject.run("SET hnsw_ef_search = 100000").await;
    for _ in 0..6 {
        subject.insert(4000).await;
    }
    let sql = format!("SELECT id FROM t ORDER BY list_distance(v, {}) LIMIT 5", sql_vector(&subject.vector()));
    assert!(!subject.explain(&sql).await.contains("index="), "there is nothing to ask yet");
    // The search above made it, in the background.
    subject.lake.storage().settled().await;
    let plan = subject.explain(&sql).await;
    assert!(plan.contains("index=near segments=0") && plan.contains("files_without_segments=0"), "{plan}");
    subject.check(None, euclidean, "list_distance").await;
    subject.run("DELETE FROM t WHERE id % 5 = 0").await;
    subject.insert(100).await;
    subject.check(None, euclidean, "list_distance").await;
    assert!(subject.refresh().await > 0);
    let plan = subject.explain(&sql).await;
    assert!(plan.contains("index=near segments=1"), "{plan}");
    subject.check(None, euclidean, "list_distance").await;
}

/// Many small segments become few.
#[tokio::test(flavor = "multi_thread")]
async fn small_segments_are_joined() {
    let mut subject = Subject::new(13, 4, false).await;
    subject.run("CREATE INDEX near ON t USING HNSW (v) WITH (metric = 'cosine', refresh = 'manual')").await;
    for _ in 0..20 {
        subject.insert(50).await;
        subject.refresh().await;
        assert!(segments(subject.folder.path()).len() <= 8);
    }
    subject.check(None, cosine, "array_cosine_distance").await;
}

async fn reopened(subject: Subject) -> Subject {
    let Subject { folder, lake, session, dimensions, next_id, rng } = subject;
    session.close().await;
    lake.close().await;
    let uri = format!("sqlite:{}", folder.path().join("meta.sqlite").display());
    let lake = Lake::open(&uri, LakeOptions::default()).await.expect("a lake");
    let session = Session::new();
    session.attach("lake", lake.clone()).await.expect("attached");
    Subject { folder, lake, session, dimensions, next_id, rng }
}
