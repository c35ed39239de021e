//! DuckDB files attached beside a lake (`tests/python/attached_files.py`): what SQL says of them has to be what DuckDB says.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use quacklake_tests::compare::judge;
use quacklake_tests::engine::Engine;
use quacklake_tests::expected::Rows;
use quacklake_tests::oracle::required;
use serde_json::Value;
use tempfile::TempDir;

/// Runs a step of the script; what it prints.
fn script(python: &str, folder: &Path, what: &str) -> String {
    let file = quacklake_tests::fixtures::here().join("python/attached_files.py");
    let mut command = Command::new(python);
    command.arg(file).arg("--out").arg(folder).arg(what).env("PYTHONDONTWRITEBYTECODE", "1");
    let done = command.output().expect("Python runs");
    assert!(done.status.success(), "{what}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("it prints text")
}

fn rows(value: &Value) -> Rows {
    let cell = |cell: &Value| cell.as_str().map(Into::into);
    let row = |row: &Value| row.as_array().expect("a row").iter().map(cell).collect();
    value.as_array().expect("rows").iter().map(row).collect()
}

/// Compares the answers to queries with DuckDB's.
async fn same(engine: &Engine, queries: &Value) {
    let mut wrong = Vec::new();
    for query in queries.as_array().expect("queries") {
        let sql = query["sql"].as_str().expect("a query");
        if let Some(difference) = judge(engine.query(sql).await, &Ok(rows(&query["rows"])), None) {
            wrong.push(format!("{difference}\n    {sql}"));
        }
    }
    assert!(wrong.is_empty(), "{} queries differ from DuckDB's:\n  {}", wrong.len(), wrong.join("\n  "));
}

async fn column(engine: &Engine, sql: &str, index: usize) -> Vec<String> {
    let answer = engine.query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    answer.rows.into_iter().map(|row| row[index].clone().unwrap_or_default()).collect()
}

async fn fails(engine: &Engine, sql: &str, says: &str) {
    match engine.query(sql).await {
        Ok(answer) => panic!("{sql}: {} rows instead of an error", answer.rows.len()),
        Err(error) => assert!(error.contains(says), "{sql}: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attached() {
    let Some(python) = required("QUACKLAKE_PYTHON") else { return };
    let temporary = TempDir::with_prefix("quacklake-duckdb-").expect("a folder");
    let folder = temporary.path();
    script(&python, folder, "make");
    let answers = std::fs::read_to_string(folder.join("answers.json")).expect("answers");
    let answers: Value = serde_json::from_str(&answers).expect("JSON");
    let engine = Engine::empty();
    let run = async |sql: &str| engine.query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    run(&format!("ATTACH 'ducklake:{}' AS lk", answers["lake"].as_str().expect("a lake"))).await;
    run(&format!("ATTACH '{}' AS d (TYPE duckdb, READ_ONLY)", folder.join("many.duckdb").display())).await;
    run(&format!("ATTACH '{}'", folder.join("types.duckdb").display())).await;
    run(&format!("ATTACH '{}'", folder.join("new.duckdb").display())).await;

    same(&engine, &answers["queries"]).await;
    listings(&engine, &answers["types"]).await;
    errors(&engine, folder).await;

    // Geometries go into Parquet files, which have no place for the largest numbers.
    run("CREATE TABLE lk.copied_types AS SELECT * EXCLUDE (geometry) FROM types.all_types").await;
    run("CREATE TABLE lk.copied_shapes AS SELECT geometry FROM types.all_types").await;
    run("CREATE TABLE lk.copied_rows AS SELECT * FROM d.many WHERE id >= 290000").await;
    run("CREATE TABLE lk.inserted (id BIGINT, name VARCHAR, value DECIMAL(21,1))").await;
    run("INSERT INTO lk.inserted SELECT * FROM d.other.few").await;
    script(&python, folder, "check");

    // Between statements DuckDB writes, checkpoints and drops.
    let before = run("SELECT count(*) FROM d.other.few").await.rows;
    let after: Value = serde_json::from_str(&script(&python, folder, "change")).expect("JSON");
    same(&engine, &after).await;
    assert_eq!(before, [[Some("10".to_string())]]);
    fails(&engine, "SELECT * FROM d.computed", "table 'd.computed' does not exist").await;

    run("DETACH d").await;
    fails(&engine, "SELECT * FROM d.many", "'d' does not exist").await;
}

async fn listings(engine: &Engine, types: &Value) {
    let types: BTreeMap<String, Vec<(String, String)>> = serde_json::from_value(types.clone()).expect("types");
    for (table, columns) in types {
        let sql = format!("DESCRIBE {table}");
        let (names, kinds) = (column(engine, &sql, 0).await, column(engine, &sql, 1).await);
        // DuckDB quotes names of members that are words of its grammar.
        let plain = |(name, kind): (String, String)| (name, kind.replace('"', ""));
        let (ours, theirs) = (names.into_iter().zip(kinds).map(plain), columns.into_iter().map(plain));
        assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>(), "{table}");
    }
    assert_eq!(column(engine, "SHOW DATABASES", 0).await, ["lk", "d", "types", "new"]);
    let main = ["computed", "emptied", "empty", "looking", "many", "unions", "widened"];
    engine.query("USE d").await.expect("USE");
    let mut tables = column(engine, "SHOW TABLES", 0).await;
    tables.sort();
    let mut sorted = main.to_vec();
    sorted.sort_unstable();
    assert_eq!(tables, sorted);
    assert_eq!(column(engine, "SELECT max(id) FROM many", 0).await, ["1000009"]);
    assert_eq!(column(engine, "SELECT count(*) FROM other.few", 0).await, ["10"]);
    engine.query("USE d.other").await.expect("USE");
    assert_eq!(column(engine, "SELECT count(*) FROM few", 0).await, ["10"]);
    assert_eq!(column(engine, "SHOW TABLES", 0).await, ["few"]);
    engine.query("USE lk").await.expect("USE");
    let listed = "SELECT estimated_size FROM duckdb_tables() WHERE database_name = 'd' AND table_name = 'few'";
    assert_eq!(column(engine, listed, 0).await, ["10"]);
    let listed = "SELECT data_type FROM duckdb_columns() WHERE database_name = 'd' AND column_name = 'price'";
    assert_eq!(column(engine, listed, 0).await, ["DECIMAL(12,2)"]);
    let listed =
        "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'd' AND table_schema = 'other'";
    assert_eq!(column(engine, listed, 0).await[0], "few");
    // One group has these rows; of those in the log there are no bounds.
    let pruned = "EXPLAIN SELECT * FROM d.many WHERE id BETWEEN 10 AND 20";
    assert!(column(engine, pruned, 1).await.concat().contains("row_groups=2 of 4"), "{pruned}");
}

async fn errors(engine: &Engine, folder: &Path) {
    for sql in [
        "INSERT INTO d.many VALUES (1)",
        "CREATE TABLE d.t (i INTEGER)",
        "CREATE TABLE d.t AS SELECT 1 AS i",
        "DELETE FROM d.many",
        "UPDATE d.many SET id = 1",
        "DROP TABLE d.many",
        "ALTER TABLE d.many ADD COLUMN x INTEGER",
        "TRUNCATE d.many",
        "CREATE SCHEMA d.s",
    ] {
        fails(engine, sql, "'d' is a DuckDB file, which is only read").await;
    }
    fails(engine, "SELECT * FROM d.computed", "column 'j' of table 'computed'").await;
    fails(engine, "SELECT * FROM d.looking", "'main.looking', a view in a DuckDB file").await;
    fails(engine, "SELECT * FROM d.rows_of(3)", "a macro in a DuckDB file").await;
    fails(engine, "SELECT * FROM d.mani", "did you mean many?").await;
    fails(engine, "SELECT * FROM d.few", "did you mean other.few?").await;
    fails(engine, "SELECT * FROM d.many AT (VERSION => 1)", "has no snapshots").await;
    let file = folder.join("many.duckdb");
    let attach = |rest: &str| format!("ATTACH '{}' {rest}", file.display());
    fails(engine, &attach("AS d"), "'d' is attached already").await;
    fails(engine, &attach("AS e (READ_WRITE)"), "only read").await;
    engine.query(&attach("AS d").replace("ATTACH", "ATTACH IF NOT EXISTS")).await.expect("it is there");
    let nothing = folder.join("nothing.duckdb");
    fails(engine, &format!("ATTACH '{}' AS e (TYPE duckdb)", nothing.display()), "cannot read the database file").await;
    let text = folder.join("answers.json");
    fails(engine, &format!("ATTACH '{}' AS e (TYPE duckdb)", text.display()), "not a DuckDB database file").await;
}
