//! The engine below: the only module, with its parts, that knows `ducklake-scan`.

pub(crate) mod ingest;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use ducklake_catalog::{
    Catalog, CatalogError, CatalogOptions, CatalogUri, CopyOptions, CopyProgress, CopyReport, TableRow, copy_catalog,
};
use ducklake_scan::{
    CreateLake, ErrorKind, Lake, LakeError, LakeOptions, SearchOptions, Session, SnapshotSelector, byte_size,
    timestamp_micros,
};
use ducklake_storage::StorageOptions;
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::task::TaskTracker;

use crate::config::{LakeSettings, Snapshot, StorageSection};
use crate::names::TableName;
use crate::output::DisplayOptions;

/// The name under which the lake of the command line is attached.
pub(crate) const LAKE: &str = "lake";

/// Batches that wait to be written while the next are made.
const BATCHES_AHEAD: usize = 4;

/// A session with the lakes attached to it.
pub(crate) struct Engine {
    session: Arc<Session>,
    /// The lake of the command line.
    lake: Option<Lake>,
    /// Statements that run or are being cancelled.
    running: TaskTracker,
}

/// A failure of the engine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// The lake of the command line cannot be opened.
    #[error(transparent)]
    Open(LakeError),
    /// A lake is to be created where there is one.
    #[error("there is a lake in {0} already")]
    Exists(String),
    /// A file cannot be ingested.
    #[error("{path}: {source}")]
    Ingest {
        /// The file.
        path: String,
        /// Why.
        source: LakeError,
    },
    /// There is no table to ingest into.
    #[error(transparent)]
    NoTable(LakeError),
    /// Ingesting was told to stop, and nothing is left of it.
    #[error("stopped")]
    Stopped,
    /// A statement failed.
    #[error(transparent)]
    Statement(#[from] LakeError),
    /// A bug: a part of the engine died.
    #[error("internal error: {0}")]
    Died(String),
}

impl EngineError {
    /// What the user can do next, where that is known.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Open(error) | Self::Statement(error) | Self::Ingest { source: error, .. } => error.hint(),
            Self::Exists(_) => Some("use it as it is; its settings are not changed".into()),
            Self::NoTable(error @ LakeError::UnknownTable { suggestions, .. }) if !suggestions.is_empty() => {
                error.hint().map(|hint| format!("{hint} --create makes a new table"))
            }
            Self::NoTable(_) => Some("--create makes it, with the columns of the first file".into()),
            Self::Stopped => None,
            Self::Died(_) => Some("this is a bug, please report it with the statement".into()),
        }
    }

    /// Whether the command line asked for what cannot be.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Open(error) if error.kind() == ErrorKind::Usage)
    }
}

impl From<DataFusionError> for EngineError {
    fn from(error: DataFusionError) -> Self {
        Self::Statement(error.into())
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
    /// A session in which the lake of the settings, if they name one, is attached.
    pub(crate) async fn open(settings: &LakeSettings) -> Result<Self, EngineError> {
        let storage = storage_options(&settings.storage);
        let search = SearchOptions::with_user_cache();
        let defaults = LakeOptions { storage: storage.clone(), search, ..LakeOptions::default() };
        let session = Arc::new(new_session(settings).map_err(EngineError::Open)?.with_lake_defaults(defaults));
        let lake = match &settings.uri {
            Some(uri) => Some(open_lake(uri, settings, storage).await.map_err(EngineError::Open)?),
            None => None,
        };
        if let Some(lake) = &lake {
            session.attach(LAKE, lake.clone()).await?;
        }
        Ok(Self { session, lake, running: TaskTracker::new() })
    }

    /// Creates the lake of the settings and opens it.
    pub(crate) async fn create(settings: &LakeSettings, encrypted: bool) -> Result<Self, EngineError> {
        let uri = settings.uri.as_deref().unwrap_or_default();
        let storage = storage_options(&settings.storage);
        let create = CreateLake { data_path: settings.data_path.clone().unwrap_or_default(), encrypted };
        let options = LakeOptions {
            metadata_schema: settings.metadata_schema.clone(),
            storage: storage.clone(),
            ..LakeOptions::default()
        };
        let (lake, is_new) = Lake::create_or_open(uri, &create, options).await.map_err(EngineError::Open)?;
        if !is_new {
            return Err(EngineError::Exists(lake.catalog().uri().to_string()));
        }
        let session = Arc::new(new_session(settings).map_err(EngineError::Open)?);
        session.attach(LAKE, lake.clone()).await?;
        Ok(Self { session, lake: Some(lake), running: TaskTracker::new() })
    }

    /// Copies the catalog of a lake to the place that the settings name, which has none.
    pub(crate) async fn copy_catalog(
        from: &str,
        from_schema: Option<String>,
        to: &LakeSettings,
        data_path: Option<String>,
        progress: &CopyProgress,
    ) -> Result<CopyReport, EngineError> {
        let failed = |error: CatalogError| EngineError::Open(error.into());
        let to_uri = CatalogUri::parse(to.uri.as_deref().unwrap_or_default()).map_err(failed)?;
        let from_uri = CatalogUri::parse(from).map_err(failed)?;
        let options = CatalogOptions { metadata_schema: from_schema, ..CatalogOptions::default() };
        let from = Catalog::open(&from_uri, &options).await.map_err(failed)?;
        let options = CopyOptions { metadata_schema: to.metadata_schema.clone(), data_path };
        let report = copy_catalog(&from, &to_uri, &options, progress).await.map_err(failed)?;
        from.close().await;
        Ok(report)
    }

    /// How the session shows values.
    pub(crate) fn display_options(&self) -> DisplayOptions {
        let state = self.session.context().state_ref();
        let zone = state.read().config_options().execution.time_zone.clone();
        let mut options = DisplayOptions::default();
        if let Some(Ok(zone)) = zone.map(|zone| zone.parse()) {
            options.time_zone = zone;
        }
        options
    }

    /// Starts one statement. Planning and execution run on the runtime's workers, so that the caller can be
    /// interrupted at any time; dropping the answer cancels them.
    pub(crate) async fn execute(&self, sql: &str) -> Result<Answer, EngineError> {
        let (session, sql) = (Arc::clone(&self.session), sql.to_string());
        let mut planning = Task(self.running.spawn(async move { session.execute(&sql).await }));
        let mut result = (&mut planning.0).await??;
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let reading = self.running.spawn(async move {
            while let Some(batch) = result.stream.next().await {
                let has_failed = batch.is_err();
                if sender.send(batch).await.is_err() || has_failed {
                    break;
                }
            }
        });
        Ok(Answer { schema: result.schema, plan: result.plan, batches, reading: Task(reading) })
    }

    /// Gives up what is open, and waits until nothing is left of it. Its statements have to be done or dropped.
    pub(crate) async fn close(&self) {
        self.running.close();
        self.running.wait().await;
        self.session.close().await;
    }

    /// What the catalog says of the lake of the command line, at the session's snapshot.
    pub(crate) async fn facts(&self) -> Result<LakeFacts, EngineError> {
        let Some(lake) = &self.lake else { return Err(EngineError::Died("no lake is open".into())) };
        let view = lake.view(&SnapshotSelector::Latest).await?;
        let metadata = lake.catalog().metadata();
        let schema_name = |id: i64| view.names.schemas.iter().find(|s| s.schema_id == id).map(|s| s.name.clone());
        let table = |row: &TableRow| TableName { schema: schema_name(row.schema_id), table: row.name.clone() };
        Ok(LakeFacts {
            catalog: lake.catalog().uri().to_string(),
            format_version: metadata.version_text.clone(),
            data_path: lake.data_path().to_string(),
            is_encrypted: metadata.encrypted,
            snapshot: view.snapshot.id,
            snapshot_time: view.snapshot.time.clone(),
            schemas: view.names.schemas.len(),
            tables: view.names.tables.iter().map(table).collect(),
            views: view.names.views.len(),
        })
    }

    /// Names of tables and columns.
    pub(crate) async fn completions(&self) -> Vec<String> {
        self.session.completions().await
    }

    /// Adds the catalog's secondary indexes; their names.
    pub(crate) async fn create_catalog_indexes(&self) -> Result<Vec<String>, EngineError> {
        match &self.lake {
            Some(lake) => Ok(lake.create_catalog_indexes().await?),
            None => Ok(Vec::new()),
        }
    }
}

/// What a lake's catalog says of it.
pub(crate) struct LakeFacts {
    /// Connection string, without a password.
    pub(crate) catalog: String,
    /// Format version as recorded.
    pub(crate) format_version: String,
    /// The data path in use.
    pub(crate) data_path: String,
    /// Whether files are encrypted.
    pub(crate) is_encrypted: bool,
    /// Id of the snapshot that is read.
    pub(crate) snapshot: i64,
    /// Its commit time as recorded.
    pub(crate) snapshot_time: String,
    /// Number of schemas.
    pub(crate) schemas: usize,
    /// All tables.
    pub(crate) tables: Vec<TableName>,
    /// Number of views.
    pub(crate) views: usize,
}

async fn open_lake(uri: &str, settings: &LakeSettings, storage: StorageOptions) -> Result<Lake, LakeError> {
    let options = LakeOptions {
        data_path: settings.data_path.clone(),
        metadata_schema: settings.metadata_schema.clone(),
        snapshot: selector(&settings.snapshot)?,
        storage,
        read_only: settings.read_only,
        search: SearchOptions::with_user_cache(),
        ..LakeOptions::default()
    };
    Lake::open(uri, options).await
}

/// A session within the limits of the settings.
fn new_session(settings: &LakeSettings) -> Result<Session, LakeError> {
    let mut config = Session::config();
    if let Some(threads) = settings.threads {
        config = config.with_target_partitions(usize::from(threads));
    }
    let mut runtime = RuntimeEnvBuilder::new();
    if let Some(memory) = &settings.memory {
        let bytes = byte_size(memory).and_then(|bytes| usize::try_from(bytes).ok()).filter(|bytes| *bytes > 0);
        let bytes = bytes.ok_or_else(|| LakeError::Usage {
            message: format!("--memory '{memory}' is no size"),
            hint: Some("write it as 4GB or 512MiB".into()),
        })?;
        runtime = runtime.with_memory_limit(bytes, 1.0);
    }
    let context = SessionContext::new_with_config_rt(config, runtime.build_arc()?);
    Ok(Session::with_context(context))
}

fn selector(snapshot: &Snapshot) -> Result<SnapshotSelector, LakeError> {
    Ok(match snapshot {
        Snapshot::Latest => SnapshotSelector::Latest,
        Snapshot::Version(id) => SnapshotSelector::Version(*id),
        Snapshot::Time(text) => SnapshotSelector::Timestamp(timestamp_micros(text)?),
    })
}

fn storage_options(section: &StorageSection) -> StorageOptions {
    StorageOptions {
        endpoint: section.endpoint.clone(),
        region: section.region.clone(),
        access_key_id: section.access_key_id.clone(),
        secret_access_key: section.secret_access_key.clone(),
        session_token: section.session_token.clone(),
        account_id: section.account_id.clone(),
        virtual_host_style: section.virtual_host_style,
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
