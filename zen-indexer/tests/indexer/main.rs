//! What takes files, other programs or the model: documentation by example, packages through their clients, embeddings.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

mod docs;
mod embed;
mod sources;

use std::path::PathBuf;
use std::process::Command;

/// This crate's folder. Asked for when it runs: clones may share a target folder, and with it what one of them built.
fn here() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into()))
}

/// Set in processes that run a single test, in an environment made for it.
const CHILD: &str = "ZEN_TEST_CHILD";

/// Whether this is such a process: tests for it pass at once elsewhere.
fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// One test in a process of its own.
fn child(test: &str) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]).env(CHILD, "1");
    child
}

/// The test is there, and passes.
fn passes(child: &mut Command) {
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
