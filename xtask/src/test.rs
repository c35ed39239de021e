//! All tests, with everything real that they need.

use std::process::ExitCode;
use std::time::Instant;

use crate::run::{Result, cargo, check, program};
use crate::servers::Servers;

pub(crate) fn test(args: &[String]) -> Result<ExitCode> {
    let python = crate::env::python()?;
    let model = crate::model::model(&python)?;
    let servers = Servers::start(&python)?;
    let start = Instant::now();
    // The program that tests start comes with them: built alone it would have other features, and DataFusion twice.
    check(cargo().args(["test", "--quiet", "--workspace", "--no-run"]), "building the tests")?;
    let mut tests = cargo();
    tests.arg("test");
    if !args.iter().any(|arg| arg == "-p" || arg.starts_with("--package")) {
        tests.arg("--workspace");
    }
    tests.args(args).env("QUACKLAKE_PYTHON", &python).env("QUACKLAKE_CLI", program("ducklake-cli")?);
    tests.env("QUACKLAKE_ZEN", program("zen")?);
    tests.envs(model.environment);
    // Debug builds keep large frames; the programs' own threads have as much.
    tests.env("RUST_MIN_STACK", (8 << 20).to_string());
    // What is absent is then a failure, not a reason to skip.
    tests.env("QUACKLAKE_REQUIRE_ALL", "1").envs(servers.environment.iter().map(|(name, value)| (name, value)));
    let status = tests.status()?;
    let missing = servers.missing.join("; ");
    drop(servers);
    let verdict = if status.success() { "all tests passed" } else { "TESTS FAILED" };
    eprintln!("\n{verdict} after {} s", start.elapsed().as_secs());
    if !missing.is_empty() {
        eprintln!("not tested: {missing}");
    }
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
