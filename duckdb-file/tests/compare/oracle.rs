//! What the tests need of their surroundings.

use std::io::Write;

/// A variable of the environment. Without it the test is skipped, visibly; with `QUACKLAKE_REQUIRE_ALL` that fails.
pub(crate) fn required(name: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        let all = std::env::var_os("QUACKLAKE_REQUIRE_ALL").is_some();
        assert!(!all, "{name} is not set although everything should be there");
        skipped(name);
    }
    value
}

/// Not by `eprintln`, which tests that pass keep to themselves.
pub(crate) fn skipped(name: &str) {
    let said = writeln!(std::io::stderr(), "SKIPPED: what needs {name}");
    said.expect("standard error is open");
}
