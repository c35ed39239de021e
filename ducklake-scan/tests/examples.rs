//! The example programs, run as a reader of the README would: those that read on the demo lake, those that write on a
//! new one.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the example programs: beside the one this test is in. Cargo builds them before the tests run.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.ancestors().nth(2).expect("target/PROFILE/deps/test").join("examples").join(name)
}

fn run(name: &str, args: &[&str]) -> String {
    let demo = here().join("../tests/demo");
    // Opened where it lies: reading changes nothing.
    let lake = format!("sqlite:{}", demo.join("demo.sqlite").display());
    let data = demo.join("data");
    start(name, &lake, &data, args)
}

fn start(name: &str, lake: &str, data: &Path, args: &[&str]) -> String {
    let output = Command::new(example(name)).arg(lake).arg(data).args(args).output().expect("the example is built");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {out}\n{err}");
    out.into_owned()
}

#[test]
fn scan_table_reads_now_and_then() {
    let out = run("scan_table", &["zones", "5"]);
    assert!(out.contains("5 rows of zones"), "{out}");
    assert!(out.contains("312 rows at snapshot 5"), "{out}");
}

#[test]
fn register_catalog_lists_the_lake() {
    let out = run("register_catalog", &[]);
    assert!(out.contains("zones") && out.contains("BASE TABLE"), "{out}");
}

fn run_on_new_lake(name: &str) -> String {
    let folder = tempfile::TempDir::new().expect("a folder");
    let lake = format!("sqlite:{}", folder.path().join("meta.sqlite").display());
    start(name, &lake, &folder.path().join("data"), &[])
}

#[test]
fn write_table_changes_rows_and_looks_back() {
    let out = run_on_new_lake("write_table");
    for text in ["3 rows in snapshot 1", "2 rows merged", "| Bern    | 4.0     |", "| Davos   | -9.0    |", "| 3    |"]
    {
        assert!(out.contains(text), "{text}: {out}");
    }
}

#[test]
fn transaction_commits_streams_and_rolls_back() {
    let out = run_on_new_lake("transaction");
    for text in
        ["| bob  | 300   |", "committed as snapshot 1", "10000 rows streamed", "10002 rows deleted, rolled back"]
    {
        assert!(out.contains(text), "{text}: {out}");
    }
    assert!(out.contains("10002 still there"), "{out}");
}

/// This crate's folder. Asked for when it runs: clones may share a target folder, and with it what one of them built.
fn here() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into()))
}
