//! Many writers at once, and writers that are killed (`tests/python/contention.py`, `tests/python/crash.py`): what was
//! acknowledged is there once, and nothing half done, as DuckDB and the engine read it.

use std::path::Path;
use std::process::Stdio;

use quacklake_tests::oracle::{self, Backend, required};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/faults"))
}

/// Runs a script to its end.
fn run(script: &str, backend: Backend, server: Option<&str>) {
    let (Some(python), Some(_)) = (required("QUACKLAKE_PYTHON"), required("QUACKLAKE_CLI")) else { return };
    if server.is_some_and(|server| required(server).is_none()) {
        return;
    }
    let mut command = oracle::command(&python, script, backend, &folder().join(format!("{backend:?}")));
    command.env("QUACKLAKE_WRITERS", env!("CARGO_BIN_EXE_writers"));
    let done = command.stdin(Stdio::null()).output().expect("Python runs");
    let told = String::from_utf8_lossy(&done.stdout);
    let failure = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{script} on {backend:?}:\n{told}\n{failure}");
}

#[test]
fn contention_sqlite() {
    run("contention.py", Backend::Sqlite, None);
}

#[test]
fn contention_postgres() {
    run("contention.py", Backend::Postgres, Some("QUACKLAKE_PG"));
}

#[test]
fn crash_sqlite() {
    run("crash.py", Backend::Sqlite, None);
}

#[test]
fn crash_postgres() {
    run("crash.py", Backend::Postgres, Some("QUACKLAKE_PG"));
}
