//! Catalogs in DuckDB files (`tests/python/duckdb_files.py`): read while a DuckDB has them open and while it commits, and
//! copied to databases where both DuckDB and the engine go on.

use std::path::Path;

use quacklake_tests::oracle::{self, Backend, required};

/// Runs one drill of the script, on a lake whose copy, if it makes one, is in `backend`.
fn drill(backend: Backend, name: &str) {
    let (Some(python), Some(_)) = (required("QUACKLAKE_PYTHON"), required("QUACKLAKE_CLI")) else { return };
    if let Some(server) = backend.server()
        && required(server).is_none()
    {
        return;
    }
    let folder = Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/duckdb_files")).join(format!("{backend:?}_{name}"));
    let mut drill = oracle::command(&python, "duckdb_files.py", backend, &folder);
    let done = drill.args(["--drill", name]).output().expect("Python runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn read_while_duckdb_has_it_open() {
    drill(Backend::DuckDb, "live");
}

#[test]
fn every_read_is_a_committed_snapshot() {
    drill(Backend::DuckDb, "bank");
}

#[test]
fn nothing_is_written() {
    drill(Backend::DuckDb, "refused");
}

#[test]
fn copied_to_sqlite() {
    drill(Backend::Sqlite, "copies");
}

#[test]
fn copied_to_postgres() {
    drill(Backend::Postgres, "copies");
}

#[test]
fn both_go_on_with_a_copy_in_sqlite() {
    drill(Backend::Sqlite, "goes_on");
}

#[test]
fn both_go_on_with_a_copy_in_postgres() {
    drill(Backend::Postgres, "goes_on");
}
