//! `ingest`: files into a table.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::listen;
use crate::args::{IngestArgs, LakeArgs};
use crate::config::LakeSettings;
use crate::engine::Engine;
use crate::engine::ingest::{Ingest, IngestState, Ingesting};
use crate::error::CliError;
use crate::names::{TableName, quote_text};
use crate::progress::Progress;
use crate::run::{Runner, with_ticks};

/// How long an interrupted command may take to remove what it wrote.
const CLEANING: Duration = Duration::from_secs(10);

pub(super) async fn run(lake: &LakeArgs, args: IngestArgs) -> Result<(), CliError> {
    let settings = LakeSettings::resolve(lake)?;
    settings.require_uri()?;
    let table = TableName::parse(&args.table)?;
    let total = total_size(&args.files)?;
    let printer = args.output.printer(false, true)?;
    let mut interrupts = listen()?;
    let engine = interrupts.guard(Engine::open(&settings)).await?;
    let mut runner = Runner { engine, printer, interrupts, is_terminal: args.output.is_terminal() };
    let count = args.files.len() as u64;
    let request = Ingest {
        table: table.to_sql(),
        files: args.files,
        format: args.format,
        create: args.create,
        evolve: args.evolve,
        author: args.author,
        message: args.message,
    };
    let state = Arc::new(IngestState::default());
    let mut ingesting = runner.engine.ingest(&settings, request, Arc::clone(&state))?;
    let mut progress = Progress::new(false);
    let work = with_ticks(ingesting.end(), &mut progress, |progress| {
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        progress.took((read(&state.files), count), (read(&state.bytes), total), read(&state.rows));
    });
    let done = runner.interrupts.guard(work).await;
    progress.finish();
    if matches!(done, Err(CliError::Interrupted(_))) {
        clean_up(&mut ingesting, &state).await;
    }
    let done = done?;
    let snapshot = done.snapshot.map_or("NULL".to_string(), |id| id.to_string());
    let table = quote_text(&args.table);
    runner
        .run(&format!("SELECT {table} AS \"table\", {count} AS files, {} AS rows, {snapshot} AS snapshot", done.rows))
        .await?;
    runner.printer.finish()
}

/// The size of all files; those that are missing are found out before anything is written.
fn total_size(files: &[String]) -> Result<u64, CliError> {
    let size = |path: &String| {
        let found = std::fs::metadata(path);
        found.map(|found| found.len()).map_err(|source| CliError::Read { what: path.clone(), source })
    };
    files.iter().map(size).sum()
}

/// Lets an interrupted transaction remove its files. It may also just have been committed.
async fn clean_up(ingesting: &mut Ingesting, state: &IngestState) {
    state.stop();
    // Whatever comes of it, the user asked to stop.
    let _ = tokio::time::timeout(CLEANING, ingesting.end()).await;
}
