//! Lakes that are broken, hostile or not there: each has to be refused with an error that names the thing.

use std::fs;
use std::time::Duration;

use ducklake_scan::LakeOptions;
use quacklake_tests::engine::{Answer, Engine};
use quacklake_tests::fixtures::Copy;

async fn open(lake: &Copy) -> Result<Engine, String> {
    let options = LakeOptions { data_path: Some(lake.data_path()), ..LakeOptions::default() };
    Engine::open_with(&lake.uri(), options).await
}

/// Opens and queries, within a time no honest lake of this size takes.
async fn query(lake: &Copy, sql: &str) -> Result<Answer, String> {
    let work = async { open(lake).await?.query(sql).await };
    tokio::time::timeout(Duration::from_secs(60), work).await.unwrap_or_else(|_| panic!("{sql} does not end"))
}

/// The query has to fail, and the error to name all of `names`.
async fn refused(lake: &Copy, sql: &str, names: &[&str]) {
    let error = match query(lake, sql).await {
        Ok(answer) => panic!("{sql} gives {} rows: {:?}", answer.rows.len(), answer.rows.first()),
        Err(error) => error,
    };
    for name in names {
        assert!(error.contains(name), "the error of {sql} does not name {name}: {error}");
    }
}

/// As [`refused`], after one change of the catalog.
async fn refused_after(edit: &str, sql: &str, names: &[&str]) {
    let lake = Copy::golden();
    assert!(query(&lake, sql).await.is_ok(), "{sql} fails on the sound lake");
    lake.edit(edit).await;
    refused(&lake, sql, names).await;
}

async fn does_not_open(uri: &str, names: &[&str]) {
    let Err(error) = Engine::open_with(uri, LakeOptions::default()).await else { panic!("{uri} opens") };
    for name in names {
        assert!(error.contains(name), "the error of {uri} does not name {name}: {error}");
    }
}

fn name_of(path: &std::path::Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a name")
}

// --- the catalog ---

#[tokio::test]
async fn missing_catalog() {
    let lake = Copy::golden();
    let path = lake.path("no_such.sqlite");
    does_not_open(&format!("sqlite:{}", path.display()), &["no_such.sqlite"]).await;
    assert!(!path.exists(), "reading makes no catalog");
}

#[tokio::test]
async fn empty_catalog() {
    let lake = Copy::golden();
    fs::write(lake.path("empty.sqlite"), "").expect("written");
    does_not_open(&format!("sqlite:{}", lake.path("empty.sqlite").display()), &["empty.sqlite"]).await;
}

#[tokio::test]
async fn database_of_something_else() {
    let lake = Copy::golden();
    lake.edit("ALTER TABLE ducklake_metadata RENAME TO something_else; UPDATE something_else SET value = value").await;
    let error = open(&lake).await.err().expect("it is no lake");
    assert!(error.contains("no DuckLake catalog") && error.contains("meta.sqlite"), "{error}");
}

#[tokio::test]
async fn not_a_database() {
    let lake = Copy::golden();
    fs::write(lake.path("text.sqlite"), "just some text, and more of it\n".repeat(100)).expect("written");
    does_not_open(&format!("sqlite:{}", lake.path("text.sqlite").display()), &["text.sqlite"]).await;
}

#[tokio::test]
async fn unknown_kind_of_catalog() {
    does_not_open("oracle:somewhere", &["oracle"]).await;
    does_not_open("", &[]).await;
}

#[tokio::test]
async fn unknown_version() {
    refused_after("UPDATE ducklake_metadata SET value = '9.9' WHERE key = 'version'", "SELECT * FROM t", &["9.9"])
        .await;
}

#[tokio::test]
async fn no_version() {
    refused_after("DELETE FROM ducklake_metadata WHERE key = 'version'", "SELECT * FROM t", &["version"]).await;
}

#[tokio::test]
async fn unknown_scope() {
    let edit = "INSERT INTO ducklake_metadata VALUES ('encrypted', 'true', 'galaxy', 1)";
    refused_after(edit, "SELECT * FROM t", &["galaxy"]).await;
}

#[tokio::test]
async fn no_snapshots() {
    refused_after("DELETE FROM ducklake_snapshot", "SELECT * FROM t", &["snapshot"]).await;
}

#[tokio::test]
async fn missing_catalog_table() {
    refused_after("DROP TABLE ducklake_data_file", "SELECT * FROM t", &["ducklake_data_file"]).await;
}

/// Taken for NULL, each of these would silently change which rows are read.
#[tokio::test]
async fn text_in_place_of_a_number() {
    for column in ["partial_max", "mapping_id", "row_id_start"] {
        let edit = format!("UPDATE ducklake_data_file SET {column} = 'many' WHERE table_id = 2");
        refused_after(&edit, "SELECT rowid, a FROM t", &["many"]).await;
    }
}

// --- names and snapshots ---

#[tokio::test]
async fn unknown_table_gets_a_suggestion() {
    refused(&Copy::golden(), "SELECT * FROM vectorz", &["vectorz", "vectors"]).await;
}

#[tokio::test]
async fn unknown_schema() {
    refused(&Copy::golden(), "SELECT * FROM nowhere.t", &["nowhere"]).await;
}

#[tokio::test]
async fn unknown_column() {
    refused(&Copy::golden(), "SELECT lable FROM t", &["lable", "label"]).await;
}

#[tokio::test]
async fn snapshots_that_are_not_there() {
    let lake = Copy::golden();
    lake.edit("DELETE FROM ducklake_snapshot WHERE snapshot_id = 6").await;
    refused(&lake, "SELECT * FROM t AT (VERSION => 6)", &["6"]).await;
    refused(&lake, "SELECT * FROM t AT (VERSION => 9999)", &["9999"]).await;
    refused(&lake, "SELECT * FROM t AT (VERSION => -1)", &["-1"]).await;
    refused(&lake, "SELECT * FROM t AT (TIMESTAMP => '1999-01-01 00:00:00+00')", &["1999"]).await;
    // Before the table was made.
    refused(&lake, "SELECT * FROM t AT (VERSION => 1)", &["t"]).await;
}

#[tokio::test]
async fn dropped_table() {
    refused(&Copy::golden(), "SELECT * FROM gone", &["gone"]).await;
}

// --- files ---

#[tokio::test]
async fn missing_files() {
    for kind in ["data", "delete"] {
        let lake = Copy::golden();
        let path = lake.file(kind, "t").await;
        fs::remove_file(&path).expect("it was there");
        refused(&lake, "SELECT * FROM t", &[name_of(&path)]).await;
    }
}

#[tokio::test]
async fn truncated_files() {
    for kind in ["data", "delete"] {
        for keep in [0, 3, 8, 100] {
            let lake = Copy::golden();
            let path = lake.file(kind, "t").await;
            let bytes = fs::read(&path).expect("readable");
            fs::write(&path, &bytes[..keep]).expect("written");
            refused(&lake, "SELECT * FROM t", &[name_of(&path)]).await;
        }
    }
}

#[tokio::test]
async fn deletion_vectors_that_lie() {
    let sound = fs::read(Copy::golden().file("delete", "vectors").await).expect("readable");
    // Length, magic, number of bitmaps, container count, a position, the checksum.
    for position in [0, 5, 9, 25, sound.len() - 8, sound.len() - 1] {
        let lake = Copy::golden();
        let path = lake.file("delete", "vectors").await;
        let mut bytes = sound.clone();
        bytes[position] ^= 0x55;
        fs::write(&path, bytes).expect("written");
        refused(&lake, "SELECT * FROM vectors", &[name_of(&path)]).await;
    }
    for keep in [0, 7, 20, sound.len() - 1] {
        let lake = Copy::golden();
        let path = lake.file("delete", "vectors").await;
        fs::write(&path, &sound[..keep]).expect("written");
        refused(&lake, "SELECT * FROM vectors", &[name_of(&path)]).await;
    }
}

/// Whatever bit of a file is wrong: no panic, no endless loop. Other values or an error are both possible.
#[tokio::test]
async fn flipped_bits() {
    let lake = Copy::golden();
    let path = lake.file("data", "types").await;
    let sound = fs::read(&path).expect("readable");
    let mut refusals = 0;
    for position in (0..sound.len()).step_by(23) {
        let mut bytes = sound.clone();
        bytes[position] ^= 1 << (position % 8);
        fs::write(&path, bytes).expect("written");
        refusals += usize::from(query(&lake, "SELECT * FROM types").await.is_err());
    }
    assert!(refusals > 10, "only {refusals} refusals");
}

#[tokio::test]
async fn file_of_another_kind() {
    let lake = Copy::golden();
    let path = lake.file("data", "t").await;
    fs::write(&path, "a,b\n1,2\n".repeat(200)).expect("written");
    refused(&lake, "SELECT * FROM t", &[name_of(&path)]).await;
}

#[tokio::test]
async fn unknown_file_formats() {
    let edit = "UPDATE ducklake_data_file SET file_format = 'orc' WHERE table_id = 2";
    refused_after(edit, "SELECT * FROM t", &["orc"]).await;
    let edit = "UPDATE ducklake_delete_file SET format = 'positional' WHERE table_id = 2";
    refused_after(edit, "SELECT * FROM t", &["positional"]).await;
}

#[tokio::test]
async fn path_out_of_the_data_path() {
    let lake = Copy::golden();
    fs::copy(lake.file("data", "t").await, lake.path("outside.parquet")).expect("copied");
    lake.edit("UPDATE ducklake_data_file SET path = '../../../outside.parquet' WHERE table_id = 2").await;
    refused(&lake, "SELECT * FROM t", &["../../../outside.parquet"]).await;
}

#[tokio::test]
async fn data_file_in_place_of_a_delete_file() {
    let lake = Copy::golden();
    let data = lake.file("data", "vectors").await;
    let delete = lake.file("delete", "t").await;
    fs::copy(data, &delete).expect("copied");
    refused(&lake, "SELECT * FROM t", &[name_of(&delete)]).await;
}

#[tokio::test]
async fn partial_file_without_snapshots() {
    let lake = Copy::golden();
    lake.edit("UPDATE ducklake_data_file SET partial_max = 30 WHERE table_id = 2 AND begin_snapshot = 4").await;
    refused(&lake, "SELECT * FROM t AT (VERSION => 5)", &["snapshot"]).await;
}

#[tokio::test]
async fn encrypted_without_keys() {
    let edit = "UPDATE ducklake_metadata SET value = 'true' WHERE key = 'encrypted'";
    refused_after(edit, "SELECT * FROM t", &["key"]).await;
}

#[tokio::test]
async fn wrong_keys() {
    for key in ["AAAAAAAAAAAAAAAAAAAAAA==", "AAAA", "not base64!"] {
        let edit = format!("UPDATE ducklake_data_file SET encryption_key = '{key}' WHERE table_id = 2");
        refused_after(&edit, "SELECT * FROM t", &["ducklake-"]).await;
    }
}

// --- columns ---

#[tokio::test]
async fn catalog_contradicts_the_file() {
    for (column, claimed) in
        [("s", "date"), ("s", "struct"), ("l", "int32"), ("st", "list"), ("id", "map"), ("b", "blob")]
    {
        let edit = format!(
            "UPDATE ducklake_column SET column_type = '{claimed}' WHERE table_id = 1 AND column_name = '{column}' AND parent_column IS NULL"
        );
        refused_after(&edit, &format!("SELECT {column} FROM types"), &[column]).await;
    }
}

#[tokio::test]
async fn unknown_types() {
    for claimed in ["quaternion", "decimal(99,2)", "decimal(", "", "decimal(-1,5)"] {
        let edit =
            format!("UPDATE ducklake_column SET column_type = '{claimed}' WHERE table_id = 1 AND column_name = 'day'");
        refused_after(&edit, "SELECT * FROM types", &[claimed, "day"]).await;
    }
}

#[tokio::test]
async fn columns_in_a_circle() {
    let edit = "UPDATE ducklake_column SET parent_column = column_id WHERE table_id = 1 AND column_name = 'st'";
    refused_after(edit, "SELECT * FROM types", &["main.types", "cycle"]).await;
    let edit = "UPDATE ducklake_column SET parent_column = CASE column_id WHEN 16 THEN 18 ELSE 16 END, column_type = 'struct' \
                WHERE table_id = 1 AND column_id IN (16, 18)";
    refused_after(edit, "SELECT * FROM types", &["main.types", "cycle"]).await;
}

#[tokio::test]
async fn column_without_its_parent() {
    let edit = "UPDATE ducklake_column SET parent_column = 4711 WHERE table_id = 1 AND column_id = 19";
    refused_after(edit, "SELECT * FROM types", &["4711"]).await;
}

#[tokio::test]
async fn column_twice() {
    let edit = "INSERT INTO ducklake_column SELECT * FROM ducklake_column WHERE table_id = 1 AND column_id = 1";
    refused_after(edit, "SELECT * FROM types", &["id"]).await;
}

#[tokio::test]
async fn very_deep_columns() {
    let lake = Copy::golden();
    lake.edit("UPDATE ducklake_column SET column_type = 'list' WHERE table_id = 1 AND column_id = 17").await;
    lake.edit(
        "WITH RECURSIVE n(i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
         INSERT INTO ducklake_column SELECT i, 1, NULL, 1, i, 'element', 'list', NULL, NULL, 1,
            CASE i WHEN 10000 THEN 17 ELSE i - 1 END, NULL, NULL FROM n",
    )
    .await;
    refused(&lake, "SELECT l FROM types", &["main.types", "deeper"]).await;
}

// --- numbers ---

#[tokio::test]
async fn absurd_counts() {
    let sound = query(&Copy::golden(), "SELECT rowid, a FROM t").await.expect("sound").rows;
    for number in [i64::MAX, i64::MIN, -1, 0] {
        for column in ["file_size_bytes", "footer_size"] {
            let lake = Copy::golden();
            lake.edit(&format!("UPDATE ducklake_data_file SET {column} = {number}")).await;
            // Both are hints: the file itself knows better.
            if let Ok(answer) = query(&lake, "SELECT rowid, a FROM t").await {
                let (mut got, mut want) = (answer.rows, sound.clone());
                got.sort();
                want.sort();
                assert_eq!(got, want, "{column} = {number}");
            }
        }
        for column in ["record_count", "row_id_start"] {
            let lake = Copy::golden();
            lake.edit(&format!("UPDATE ducklake_data_file SET {column} = {number}")).await;
            if let Ok(answer) = query(&lake, "SELECT a FROM t").await {
                assert_eq!(answer.rows.len(), sound.len(), "{column} = {number}");
            }
        }
    }
    for number in [i64::MAX, i64::MIN, -1] {
        let lake = Copy::golden();
        lake.edit(&format!("UPDATE ducklake_delete_file SET delete_count = {number}, file_size_bytes = {number}, footer_size = {number}")).await;
        if let Ok(answer) = query(&lake, "SELECT a FROM t").await {
            assert_eq!(answer.rows.len(), sound.len(), "delete_count = {number}");
        }
    }
}

/// Positions deleted that no file has.
#[tokio::test]
async fn deletes_beyond_the_file() {
    for position in [-1, 10_000_000_000, i64::MAX] {
        let lake = Copy::golden();
        let edit = format!(
            "CREATE TABLE ducklake_inlined_delete_2 (file_id BIGINT, row_id BIGINT, begin_snapshot BIGINT);
             INSERT INTO ducklake_inlined_delete_2 VALUES (1, {position}, 10), (1, 0, 10)"
        );
        let before = query(&lake, "SELECT a FROM t").await.expect("sound").rows.len();
        lake.edit(&edit).await;
        match query(&lake, "SELECT a FROM t").await {
            Ok(answer) => assert_eq!(answer.rows.len(), before - 1, "position {position}"),
            Err(error) => assert!(error.contains(&position.to_string()), "{error}"),
        }
    }
}

// --- inlined rows ---

#[tokio::test]
async fn missing_inlined_table() {
    let lake = Copy::golden();
    lake.edit("DROP TABLE ducklake_inlined_data_12_20").await;
    refused(&lake, "SELECT * FROM inl", &["ducklake_inlined_data_12_20"]).await;
}

#[tokio::test]
async fn inlined_values_of_another_type() {
    for (column, value) in [("i", "'many'"), ("l", "'[1, '"), ("l", "'{k=1}'"), ("st", "'{''a'': x}'"), ("st", "'[['")]
    {
        let edit = format!("UPDATE ducklake_inlined_data_12_20 SET {column} = {value}");
        refused_after(&edit, "SELECT * FROM inl", &[column]).await;
    }
}

#[tokio::test]
async fn inlined_text_of_absurd_depth() {
    let edit = format!("UPDATE ducklake_inlined_data_12_20 SET l = '{}'", "[".repeat(300_000));
    refused_after(&edit, "SELECT * FROM inl", &["l"]).await;
}
