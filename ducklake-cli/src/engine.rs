//! The engine below: the only module that knows `ducklake-scan`.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::ExecutionPlan;
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use crate::config::{LakeSettings, Snapshot};
use crate::output::DisplayOptions;

/// The name under which the lake of the command line is attached.
pub(crate) const LAKE: &str = "lake";

/// Batches that wait to be written while the next are made.
const BATCHES_AHEAD: usize = 4;

/// A session with the lakes attached to it.
pub(crate) struct Engine {
    session: Arc<datafusion::prelude::SessionContext>,
}

/// A failure of the engine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// What the engine says.
    #[error("{0}")]
    DataFusion(#[from] DataFusionError),
    /// A bug: a part of the engine died.
    #[error("internal error: {0}")]
    Died(String),
}

impl EngineError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::DataFusion(_) => None,
            Self::Died(_) => Some("this is a bug, please report it with the statement".into()),
        }
    }

    pub(crate) fn is_usage(&self) -> bool {
        false
    }
}

impl From<JoinError> for EngineError {
    fn from(error: JoinError) -> Self {
        let message = match error.try_into_panic() {
            Ok(panic) => match panic.downcast::<String>() {
                Ok(text) => *text,
                Err(panic) => panic.downcast::<&str>().map_or_else(|_| "a panic".into(), |text| text.to_string()),
            },
            Err(cancelled) => cancelled.to_string(),
        };
        Self::Died(message)
    }
}

impl Engine {
    pub(crate) fn new() -> Self {
        let config = datafusion::prelude::SessionConfig::new().with_information_schema(true);
        Self { session: Arc::new(datafusion::prelude::SessionContext::new_with_config(config)) }
    }

    pub(crate) async fn attach(&mut self, _settings: &LakeSettings) -> Result<(), EngineError> {
        Ok(())
    }

    pub(crate) fn display_options(&self) -> DisplayOptions {
        DisplayOptions::default()
    }

    /// Starts one statement. Planning and execution run on the runtime's workers, so that the caller can be
    /// interrupted at any time; dropping the answer cancels them.
    pub(crate) async fn execute(&self, sql: &str) -> Result<Answer, EngineError> {
        let (session, sql) = (Arc::clone(&self.session), sql.to_string());
        let mut planning = Task(tokio::spawn(async move {
            let df = session.sql(&sql).await?;
            let schema = Arc::new(df.schema().as_arrow().clone());
            let plan = df.create_physical_plan().await?;
            let stream = datafusion::physical_plan::execute_stream(Arc::clone(&plan), session.task_ctx())?;
            Ok::<_, DataFusionError>((schema, plan, stream))
        }));
        let (schema, plan, mut stream) = (&mut planning.0).await??;
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let reading = tokio::spawn(async move {
            while let Some(batch) = stream.next().await {
                let failed = batch.is_err();
                if sender.send(batch).await.is_err() || failed {
                    break;
                }
            }
        });
        Ok(Answer { schema, plan: Some(plan), batches, reading: Task(reading) })
    }

    pub(crate) async fn create_catalog_indexes(&self) -> Result<Vec<String>, EngineError> {
        Ok(Vec::new())
    }

    pub(crate) async fn completions(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The result of a statement, while it is made.
pub(crate) struct Answer {
    /// The columns; none for statements that return no rows.
    pub(crate) schema: SchemaRef,
    /// The plan that makes the rows, for its metrics.
    pub(crate) plan: Option<Arc<dyn ExecutionPlan>>,
    batches: mpsc::Receiver<Result<RecordBatch, DataFusionError>>,
    reading: Task<()>,
}

impl Answer {
    /// The next rows; `None` at the end. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<RecordBatch>, EngineError> {
        match self.batches.recv().await {
            Some(batch) => Ok(Some(batch?)),
            None => {
                (&mut self.reading.0).await?;
                Ok(None)
            }
        }
    }
}

/// A task that ends with its owner.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
