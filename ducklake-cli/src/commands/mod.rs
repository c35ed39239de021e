//! What each subcommand does.

mod catalog;
mod ingest;
mod init;
mod list;
mod scan;
mod sql;

pub(crate) use list::{TABLES, describe_statement};

use crate::args::{Cli, Command, LakeArgs, OutputArgs};
use crate::config::LakeSettings;
use crate::engine::Engine;
use crate::error::CliError;
use crate::run::Runner;
use crate::signals::Interrupts;

/// Does what the command line says.
pub(crate) async fn run(cli: Cli) -> Result<(), CliError> {
    let lake = &cli.lake;
    match cli.command {
        Command::Scan(args) => list(lake, &args.output, &scan::statement(&args)?).await,
        Command::Sql(args) => sql::run(lake, args).await,
        Command::Init(args) => init::run(lake, args).await,
        Command::Ingest(args) => ingest::run(lake, args).await,
        Command::Tables(args) => list(lake, &args.output, list::TABLES).await,
        Command::Describe(args) => list(lake, &args.output, &list::describe(&args.table)?).await,
        Command::Snapshots(args) => list(lake, &args.output, list::SNAPSHOTS).await,
        Command::Files(args) => list(lake, &args.output, &list::files(&args.table)?).await,
        Command::Info(args) => info(lake, &args.output).await,
        Command::Catalog(command) => catalog::run(lake, &command).await,
    }
}

/// Runs the one statement that a subcommand stands for.
async fn list(lake: &LakeArgs, output: &OutputArgs, statement: &str) -> Result<(), CliError> {
    let mut runner = runner(lake, output, false).await?;
    runner.run(statement).await?;
    runner.printer.finish()
}

/// Runs the statement that tells about the lake, made of what its catalog says.
async fn info(lake: &LakeArgs, output: &OutputArgs) -> Result<(), CliError> {
    let mut runner = runner(lake, output, true).await?;
    let facts = runner.interrupts.guard(runner.engine.facts()).await?;
    runner.run(&list::info(&facts)).await?;
    runner.printer.finish()
}

/// What a command over one lake needs, with the lake open.
async fn runner(lake: &LakeArgs, output: &OutputArgs, is_record: bool) -> Result<Runner, CliError> {
    let settings = LakeSettings::resolve(lake)?;
    settings.require_uri()?;
    let printer = output.printer(false, is_record)?;
    let mut interrupts = listen()?;
    let engine = interrupts.guard(Engine::open(&settings)).await?;
    Ok(Runner { engine, printer, interrupts, is_terminal: output.is_terminal() })
}

fn listen() -> Result<Interrupts, CliError> {
    Interrupts::new().map_err(|source| CliError::Read { what: "signals".into(), source })
}
