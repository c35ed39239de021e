//! Files into a table, as one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ducklake_scan::{AppendOptions, Appender, CommitInfo, FileFormat, LakeError};

use super::{Engine, EngineError, Task, new_session};
use crate::args::InputFormat;
use crate::config::LakeSettings;

/// What to ingest.
pub(crate) struct Ingest {
    /// The table's name, with quotes where it needs them.
    pub(crate) table: String,
    pub(crate) files: Vec<String>,
    pub(crate) format: Option<InputFormat>,
    pub(crate) create: bool,
    pub(crate) evolve: bool,
    pub(crate) author: Option<String>,
    pub(crate) message: Option<String>,
}

/// How far it has come, and whether it is to stop.
#[derive(Default)]
pub(crate) struct IngestState {
    pub(crate) files: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) rows: AtomicU64,
    stop: AtomicBool,
}

impl IngestState {
    /// Asks to give up and to clean up.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// What was done.
pub(crate) struct Ingested {
    pub(crate) rows: u64,
    pub(crate) snapshot: Option<i64>,
}

/// Ingesting on the runtime's workers.
pub(crate) struct Ingesting(Task<Result<Ingested, EngineError>>);

impl Ingesting {
    /// Waits for the end. Cancelling the wait loses nothing.
    pub(crate) async fn end(&mut self) -> Result<Ingested, EngineError> {
        (&mut self.0.0).await?
    }
}

impl Engine {
    /// Starts to ingest.
    pub(crate) fn ingest(
        &self,
        settings: &LakeSettings,
        request: Ingest,
        state: Arc<IngestState>,
    ) -> Result<Ingesting, EngineError> {
        let Some(lake) = self.lake.clone() else { return Err(EngineError::Died("no lake is open".into())) };
        let session = new_session(settings)?;
        let work = async move {
            let Ingest { table, files, format, create, evolve, author, message } = request;
            let commit = CommitInfo { author, message, extra_info: None };
            let options = AppendOptions { create, evolve, commit, ..AppendOptions::default() };
            let appender = lake.begin_in(session).await?.into_appender(&table, options).await;
            let appender = appender.map_err(|error| match error {
                LakeError::UnknownTable { .. } => EngineError::NoTable(error),
                other => other.into(),
            })?;
            add(appender, files, format.map(file_format), &state).await
        };
        Ok(Ingesting(Task(tokio::spawn(work))))
    }
}

async fn add(
    mut appender: Appender<'static>,
    files: Vec<String>,
    format: Option<FileFormat>,
    state: &IngestState,
) -> Result<Ingested, EngineError> {
    for path in files {
        let size = tokio::fs::metadata(&path).await.map_or(0, |found| found.len());
        let taken = appender
            .append_file(&path, format, |rows| {
                state.rows.fetch_add(rows, Ordering::Relaxed);
                !state.is_stopped()
            })
            .await;
        if let Err(source) = taken {
            appender.abort().await;
            return Err(if state.is_stopped() { EngineError::Stopped } else { EngineError::Ingest { path, source } });
        }
        state.files.fetch_add(1, Ordering::Relaxed);
        state.bytes.fetch_add(size, Ordering::Relaxed);
    }
    let done = appender.finish().await?;
    Ok(Ingested { rows: done.rows, snapshot: done.snapshot })
}

fn file_format(format: InputFormat) -> FileFormat {
    match format {
        InputFormat::Parquet => FileFormat::Parquet,
        InputFormat::Csv => FileFormat::Csv,
        InputFormat::Json => FileFormat::Json,
    }
}
