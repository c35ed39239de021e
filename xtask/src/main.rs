//! Tasks of this repository: `cargo xtask demo`, `cargo xtask test`.

mod bench;
mod demo;
mod env;
mod golden;
mod model;
mod run;
mod servers;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of this repository
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Query a small lake that DuckDB made, with no DuckDB
    Demo,
    /// Run all tests against real DuckDB, PostgreSQL and S3 servers
    Test {
        /// Further arguments of `cargo test`, such as a test's name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure speed against plain DataFusion and against DuckDB
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Install real DuckDB and the embedding model for the tests, in folders of their own
    Env,
    /// Make the kept lakes of old format versions anew, with the DuckDB that wrote each
    Golden,
}

fn main() -> ExitCode {
    let done = match Args::parse().task {
        Task::Demo => demo::demo(),
        Task::Test { args } => test::test(&args),
        Task::Bench(what) => bench::bench(&what),
        Task::Env => ready(),
        Task::Golden => golden::golden(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

/// Makes what tests need and says where it is.
fn ready() -> run::Result<ExitCode> {
    let python = env::python()?;
    let model = model::model(&python)?;
    eprintln!("real DuckDB is ready: {}", python.display());
    eprintln!("the embedding model is ready; for tests by hand:");
    for (name, value) in &model.environment {
        eprintln!("export {name}={}", value.display());
    }
    Ok(ExitCode::SUCCESS)
}
