//! `zen`: packages into a lake, and what is there out of it.

// Futures of statements nest deeply: a statement plans queries that may call views and functions.
#![recursion_limit = "256"]

mod args;
mod commands;
mod failure;
mod lakes;
mod output;
mod progress;
mod serve;
mod signals;

use std::process::ExitCode;

use args::Cli;
use clap::Parser;
use failure::conclude;

/// Large buffers come and go with every row group; the system's allocator hands each back to the kernel.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack of the runtime's threads: expressions are planned recursively.
const STACK_SIZE: usize = 8 << 20;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output and ends well, errors to standard error. Nobody is left to tell if that fails.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_SIZE).enable_all().build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(commands::run(cli));
            // Threads that still parse or embed must not hold the process.
            runtime.shutdown_background();
            result
        }
        Err(source) => Err(failure::Failure::Threads(source)),
    };
    conclude(result)
}
