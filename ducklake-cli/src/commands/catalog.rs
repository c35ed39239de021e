//! `catalog`: care of the metadata database.

use std::io::Write;
use std::sync::Arc;

use ducklake_catalog::CopyProgress;

use super::listen;
use crate::args::{CatalogCommand, CopyArgs, LakeArgs};
use crate::config::LakeSettings;
use crate::engine::Engine;
use crate::error::CliError;
use crate::names::quote_text;
use crate::progress::Progress;
use crate::run::{Runner, with_ticks};

pub(super) async fn run(lake: &LakeArgs, command: &CatalogCommand) -> Result<(), CliError> {
    match command {
        CatalogCommand::Index => index(lake).await,
        CatalogCommand::Copy(args) => copy(lake, args).await,
    }
}

async fn index(lake: &LakeArgs) -> Result<(), CliError> {
    let settings = LakeSettings::resolve(lake)?;
    settings.require_uri()?;
    let mut interrupts = listen()?;
    let engine = interrupts.guard(Engine::open(&settings)).await?;
    let names = interrupts.guard(engine.create_catalog_indexes()).await?;
    let mut stdout = std::io::stdout().lock();
    for name in names {
        writeln!(stdout, "{name}").map_err(CliError::write("standard output"))?;
    }
    Ok(())
}

async fn copy(lake: &LakeArgs, args: &CopyArgs) -> Result<(), CliError> {
    if lake.lake.is_some() || lake.read_only || lake.snapshot.is_some() || lake.as_of.is_some() {
        return Err(CliError::usage("catalog copy takes FROM and TO, and copies all snapshots")
            .with_hint("leave --lake, --read-only, --snapshot and --as-of out"));
    }
    let settings =
        LakeSettings { uri: Some(args.to.clone()), metadata_schema: args.to_schema.clone(), ..LakeSettings::default() };
    let printer = args.output.printer(false, true)?;
    let mut interrupts = listen()?;
    let state = Arc::new(CopyProgress::default());
    let mut progress = Progress::new(false);
    let copying =
        Engine::copy_catalog(&args.from, lake.metadata_schema.clone(), &settings, lake.data_path.clone(), &state);
    let work = with_ticks(copying, &mut progress, |progress| progress.copied(&state));
    let report = interrupts.guard(work).await;
    progress.finish();
    let report = report?;
    let engine = interrupts.guard(Engine::open(&settings)).await?;
    let mut runner = Runner { engine, printer, interrupts, is_terminal: args.output.is_terminal() };
    let was = report.data_path_was.as_deref().map_or("NULL".to_string(), quote_text);
    runner
        .run(&format!(
            "SELECT {} AS tables, {} AS rows, {} AS data_path, {was} AS data_path_was",
            report.tables,
            report.rows,
            quote_text(&report.data_path)
        ))
        .await?;
    runner.printer.finish()
}
