//! The example programs, run on the demo lake as a reader of the README would.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the example programs: beside the one this test is in. Cargo builds them before the tests run.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.ancestors().nth(2).expect("target/PROFILE/deps/test").join("examples").join(name)
}

fn run(name: &str, args: &[&str]) -> String {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/demo");
    // Opened where it lies: reading changes nothing.
    let lake = format!("sqlite:{}", demo.join("demo.sqlite").display());
    let data = demo.join("data");
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
