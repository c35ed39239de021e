//! `ducklake-cli`: arguments in, text and an exit code out.

mod args;
mod commands;
mod config;
mod engine;
mod error;
mod names;
mod output;
mod progress;
mod run;
mod shell;
mod signals;
mod statements;

use std::process::ExitCode;

use args::Cli;
use error::{CliError, conclude};

/// Large buffers come and go with every row group; the system's allocator hands each back to the kernel.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack of the runtime's threads: deep expressions are planned recursively.
const STACK_SIZE: usize = 8 << 20;

fn main() -> ExitCode {
    let cli = match Cli::parse_process() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output and ends well, errors to standard error. Nobody is left to tell if that fails.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_SIZE).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(source) => return conclude(Err(CliError::Read { what: "the system's threads".into(), source })),
    };
    let result = runtime.block_on(commands::run(cli));
    // Whatever still runs (a cancelled query, a read from a terminal) must not hold the process.
    runtime.shutdown_background();
    conclude(result)
}
