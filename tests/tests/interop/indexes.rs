//! Indexes in lakes that DuckDB goes on using (`tests/python/indexes.py`).

use std::path::Path;
use std::process::Stdio;

use quacklake_tests::oracle::{self, Backend, required};

fn run(backend: Backend) {
    let (Some(python), Some(_)) = (required("QUACKLAKE_PYTHON"), required("QUACKLAKE_CLI")) else { return };
    let folder = Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/indexes")).join(format!("{backend:?}"));
    let mut command = oracle::command(&python, "indexes.py", backend, &folder);
    let done = command.stdin(Stdio::null()).output().expect("Python runs");
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "indexes.py on {backend:?}:\n{told}");
}

#[test]
fn duckdb_goes_on_sqlite() {
    run(Backend::Sqlite);
}

#[test]
fn duckdb_goes_on_postgres() {
    if required("QUACKLAKE_PG").is_some() {
        run(Backend::Postgres);
    }
}
