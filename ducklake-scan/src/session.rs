//! SQL over attached lakes.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::dataframe::DataFrame;
use datafusion::execution::context::{SessionConfig, SessionContext};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use ducklake_transact::{RetryPolicy, SessionSettings};
use futures::future::BoxFuture;

use crate::error::{LakeError, Result};
use crate::lake::{Lake, LakeOptions, LakeView, SnapshotSelector, same_name};
use crate::search::NearestRows;
use crate::sql::embed::Embedder;
use crate::sql::explain;
use crate::sql::local::LocalState;
use crate::sql::names::{Attached, Names, Pins, unknown_table};
use crate::sql::rows::{describe_fields, no_rows, text_rows};
use crate::sql::{Command, PinnedObject, Reference, parse};
use crate::table::LakeTable;
use crate::write::OpenTransactions;

mod attach;
mod describe;
mod plan;
mod reading;

pub(crate) use describe::default_sql;

/// How deep views may be made of views.
const MAX_VIEW_DEPTH: usize = 32;

/// A result: its schema, its rows as they come, and the plan behind them.
pub struct QueryResult {
    /// Columns; empty for statements without rows.
    pub schema: SchemaRef,
    /// Rows.
    pub stream: SendableRecordBatchStream,
    /// The physical plan of a query, with its metrics while and after it runs.
    pub plan: Option<Arc<dyn ExecutionPlan>>,
}

impl std::fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryResult").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// SQL over attached lakes. Every statement reads each lake at one snapshot, resolved before it is planned.
pub struct Session {
    context: SessionContext,
    names: RwLock<Names>,
    defaults: LakeOptions,
    open: OpenTransactions,
    retry: RwLock<RetryPolicy>,
    session_settings: RwLock<SessionSettings>,
    local: Arc<LocalState>,
    reads_files: bool,
    /// Rows from elsewhere that statements may name.
    sources: RwLock<Vec<(String, PinnedObject)>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// A session with DataFusion's defaults.
    pub fn new() -> Self {
        Self::with_context(SessionContext::new_with_config(Self::config()))
    }

    /// The configuration that sessions start from: change it and pass it to [`Session::with_context`].
    pub fn config() -> SessionConfig {
        let mut config =
            SessionConfig::new().with_information_schema(true).with_create_default_catalog_and_schema(false);
        let options = config.options_mut();
        // Names are matched in the case in which they were created.
        options.sql_parser.enable_ident_normalization = false;
        options.sql_parser.parse_float_as_decimal = false;
        // DuckDB puts NULLs last, whatever the direction.
        options.sql_parser.default_null_ordering = "nulls_last".to_string();
        config
    }

    /// A session in a context of the caller's: its functions, memory limit and runtime are used.
    pub fn with_context(context: SessionContext) -> Self {
        let local = Arc::default();
        crate::sql::register(&context, &local);
        context.add_optimizer_rule(Arc::new(NearestRows { local: Arc::clone(&local) }));
        Self {
            context,
            names: RwLock::default(),
            defaults: LakeOptions::default(),
            open: OpenTransactions::default(),
            retry: RwLock::default(),
            session_settings: RwLock::default(),
            local,
            reads_files: true,
            sources: RwLock::default(),
        }
    }

    /// Options that ATTACH statements start from (storage credentials of a profile, for instance).
    pub fn with_lake_defaults(mut self, defaults: LakeOptions) -> Self {
        self.defaults = defaults;
        self
    }

    /// Sets the model behind `embed('text')`; without one, that is an error which says so.
    pub fn set_embedder(&self, embedder: Arc<dyn Embedder>) {
        self.local.set_embedder(embedder);
    }

    /// Gives an open transaction up, and waits until the files of cancelled and failed statements are removed: what a
    /// program does before it ends.
    pub async fn close(&self) {
        if self.open.is_open().await {
            // There is nothing to tell of a transaction that is given up.
            let _ = self.open.rollback().await;
        }
        for attached in self.names().attached {
            attached.lake.storage().settled().await;
        }
    }

    /// The DataFusion context behind the session.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Lets statements name rows from elsewhere; `None` takes the name back.
    pub(crate) fn set_source(&self, name: &str, rows: Option<PinnedObject>) {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|(known, _)| known != name);
        sources.extend(rows.map(|rows| (name.to_string(), rows)));
    }

    fn source(&self, reference: &Reference) -> Option<(String, PinnedObject)> {
        let [name] = reference.name.as_slice() else { return None };
        let sources = self.sources.read().unwrap_or_else(PoisonError::into_inner);
        sources.iter().find(|(known, _)| known == name).cloned()
    }

    /// The transaction that statements run in, where one is open.
    pub(crate) fn open(&self) -> &OpenTransactions {
        &self.open
    }

    /// How often commits are tried.
    pub(crate) fn retry(&self) -> RetryPolicy {
        self.retry.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Options of the session for writes.
    fn settings(&self) -> SessionSettings {
        let own = self.session_settings.read().unwrap_or_else(PoisonError::into_inner).clone();
        let defaults = &self.defaults.settings;
        SessionSettings {
            attach_inlining_limit: own.attach_inlining_limit.or(defaults.attach_inlining_limit),
            default_inlining_limit: own.default_inlining_limit.or(defaults.default_inlining_limit),
            target_file_size: own.target_file_size.or(defaults.target_file_size),
            attach_deletion_vectors: own.attach_deletion_vectors.or(defaults.attach_deletion_vectors),
            default_deletion_vectors: own.default_deletion_vectors.or(defaults.default_deletion_vectors),
        }
    }

    /// Changes how often commits are tried.
    pub fn set_retry(&self, retry: RetryPolicy) {
        *self.retry.write().unwrap_or_else(PoisonError::into_inner) = retry;
    }

    /// Names as a statement sees them that runs in these transactions.
    pub(crate) fn pins_in(&self, open: &OpenTransactions) -> Pins {
        Pins::new(self.names()).in_transaction(open.clone())
    }

    pub(crate) fn pins(&self) -> Pins {
        self.pins_in(&self.open)
    }

    /// A lake as statements see it now.
    pub(crate) async fn view(&self, attached: &Attached) -> Result<LakeView> {
        self.pins().view(attached, &SnapshotSelector::Latest).await
    }

    /// Variables, settings and tables of the session's own.
    pub(crate) fn local(&self) -> &LocalState {
        &self.local
    }

    pub(crate) fn names(&self) -> Names {
        self.names.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn change_names<T>(&self, change: impl FnOnce(&mut Names) -> T) -> T {
        change(&mut self.names.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Attaches a lake under a name; the first one becomes the default.
    ///
    /// # Errors
    /// [`LakeError::Usage`] where the name is taken.
    pub async fn attach(&self, name: &str, lake: Lake) -> Result<()> {
        self.change_names(|names| {
            if let Some(taken) = names.taken(name) {
                return Err(taken);
            }
            names.attached.push(Attached { name: name.to_string(), lake });
            if names.current.is_none() {
                names.current = Some((name.to_string(), "main".to_string()));
                names.is_implicit = false;
            }
            Ok(())
        })
    }

    /// Runs exactly one statement.
    ///
    /// # Errors
    /// Whatever is wrong with it, or with what it reads. Errors of the rows themselves come from the stream.
    pub async fn execute(&self, sql: &str) -> Result<QueryResult> {
        match parse(sql)? {
            Command::Query(statement) => {
                self.open.check().await?;
                let is_analyze = explain::is_analyze(&statement);
                let frame = self.plan(*statement, 0).await?;
                let context = frame.task_ctx();
                let plan = frame.create_physical_plan().await?;
                let mut stream = execute_stream(Arc::clone(&plan), Arc::new(context))?;
                if is_analyze {
                    stream = explain::analyzed(stream);
                }
                Ok(QueryResult { schema: stream.schema(), stream, plan: Some(plan) })
            }
            command => self.run_command(command).await,
        }
    }

    /// Plans one query as a DataFrame, to go on with or to collect.
    ///
    /// # Errors
    /// As [`Session::execute`]; statements that are no queries are refused.
    pub async fn sql(&self, sql: &str) -> Result<DataFrame> {
        match parse(sql)? {
            Command::Query(statement) => self.plan(*statement, 0).await,
            Command::Empty => Err(LakeError::usage("there is no statement")),
            command => {
                let batches: Vec<RecordBatch> =
                    futures::TryStreamExt::try_collect(self.run_command(command).await?.stream).await?;
                Ok(self.context.read_batches(batches)?)
            }
        }
    }

    /// A table as a DataFrame: `table`, `schema.table` or `lake.schema.table`, at the session's snapshot.
    ///
    /// # Errors
    /// [`LakeError::UnknownTable`] with names like it.
    pub async fn scan(&self, table: &str) -> Result<DataFrame> {
        self.scan_at(table, &SnapshotSelector::Latest).await
    }

    /// As [`Session::scan`], at another snapshot.
    ///
    /// # Errors
    /// Also where there is no such snapshot.
    pub async fn scan_at(&self, table: &str, snapshot: &SnapshotSelector) -> Result<DataFrame> {
        let parts: Vec<String> = datafusion::common::TableReference::parse_str_normalized(table, true).to_vec();
        let mut pins = self.pins();
        if let Some(table) = self.file_table(&pins, &parts).await? {
            return Ok(self.context.read_table(Arc::new(table))?);
        }
        let (attached, view, schema, name) = pins.locate(&parts, snapshot).await?;
        let provider = match LakeTable::load(&attached.lake, &view, &schema, &name).await? {
            Some(found) => Arc::new(found) as Arc<dyn TableProvider>,
            None => return Err(unknown_table(&view, &parts.join("."), &schema, &name)),
        };
        Ok(self.context.read_table(provider)?)
    }

    /// Names for completion: lakes, schemas, tables and columns of the attached lakes.
    pub async fn completions(&self) -> Vec<String> {
        let mut words = Vec::new();
        for attached in self.names().attached {
            words.push(attached.name.clone());
            let Ok(view) = self.view(&attached).await else { continue };
            words.extend(view.names.schemas.iter().map(|s| s.name.clone()));
            words.extend(view.names.tables.iter().map(|t| t.name.clone()));
            words.extend(view.names.views.iter().map(|v| v.name.clone()));
            words.extend(view.names.macros.iter().map(|m| m.name.clone()));
            if let Ok(columns) = attached.lake.catalog().all_columns_at(view.snapshot.id).await {
                words
                    .extend(columns.into_iter().filter(|(_, c)| c.parent_column.is_none()).map(|(_, c)| c.column_name));
            }
        }
        for attached in self.names().files {
            words.push(attached.name.clone());
            let Ok(database) = attached.file.database().await else { continue };
            words.extend(database.schemas().map(str::to_string));
            for table in database.tables() {
                words.push(table.name().to_string());
                words.extend(table.columns().iter().map(|column| column.name.clone()));
            }
        }
        words.sort();
        words.dedup();
        words
    }

    /// Its type is erased: callers need not look into what statements await, nor does their compiler.
    fn run_command(&self, command: Command) -> BoxFuture<'_, Result<QueryResult>> {
        Box::pin(self.run_any(command))
    }

    async fn run_any(&self, command: Command) -> Result<QueryResult> {
        match command {
            Command::Empty => Ok(no_rows()),
            Command::Write(statement) => Box::pin(self.run_write(statement)).await,
            Command::Attach(options) => self.attach_statement(options).await.map(|()| no_rows()),
            Command::Detach { name, if_exists } => {
                let found = self.change_names(|names| {
                    let before = names.attached.len() + names.files.len();
                    names.attached.retain(|a| !same_name(&a.name, &name));
                    names.files.retain(|file| !same_name(&file.name, &name));
                    if names.current.as_ref().is_some_and(|(lake, _)| same_name(lake, &name)) {
                        names.current = names.attached.first().map(|a| (a.name.clone(), "main".to_string()));
                    }
                    names.attached.len() + names.files.len() < before
                });
                if found || if_exists { Ok(no_rows()) } else { Err(self.unknown_lake(&name)) }
            }
            Command::Use(parts) => self.use_statement(&parts).await.map(|()| no_rows()),
            Command::ShowTables { all, from } => self.show_tables(all, from.as_deref()).await,
            Command::ShowIndexes(from) => self.show_indexes(from.as_deref()).await,
            Command::ShowDatabases => {
                let Names { attached, files, .. } = self.names();
                let lakes = attached.into_iter().map(|a| a.name);
                text_rows(vec![("database_name", lakes.chain(files.into_iter().map(|file| file.name)).collect())])
            }
            Command::ShowSchemas => {
                let (mut lakes, mut schemas) = (Vec::new(), Vec::new());
                for attached in self.names().attached {
                    for schema in &self.view(&attached).await?.names.schemas {
                        lakes.push(attached.name.clone());
                        schemas.push(schema.name.clone());
                    }
                }
                for attached in self.names().files {
                    for schema in attached.file.database().await?.schemas() {
                        lakes.push(attached.name.clone());
                        schemas.push(schema.to_string());
                    }
                }
                text_rows(vec![("database_name", lakes), ("schema_name", schemas)])
            }
            Command::Describe(parts) => self.describe(&parts).await,
            Command::DescribeQuery(statement) => {
                let frame = self.plan(*statement, 0).await?;
                describe_fields(frame.schema().fields().iter().map(|f| f.as_ref().clone()))
            }
            Command::SetTimeZone(zone) => {
                let state = self.context.state_ref();
                state.write().config_mut().options_mut().set("datafusion.execution.time_zone", &zone)?;
                Ok(no_rows())
            }
            Command::Setting(statement) => {
                let state = self.context.state();
                let plan = state.statement_to_plan(*statement).await?;
                let frame = self.context.execute_logical_plan(plan).await?;
                let stream = frame.execute_stream().await?;
                Ok(QueryResult { schema: stream.schema(), stream, plan: None })
            }
            Command::Local(local) => Box::pin(self.run_local(local)).await,
            Command::Query(_) => Err(LakeError::usage("a query is no command")),
        }
    }

    /// Settings of DuckDB's ducklake extension.
    pub(crate) fn set_lake_setting(&self, name: &str, value: &str) -> Result<()> {
        let bad = || LakeError::usage(format!("'{value}' is no value for {name}"));
        let number = || value.trim().parse::<u64>().map_err(|_| bad());
        let mut retry = self.retry();
        let change: Box<dyn Fn(&mut SessionSettings)> = match name {
            "ducklake_max_retry_count" => {
                retry.max_attempts = value.trim().parse().map_err(|_| bad())?;
                Box::new(|_| {})
            }
            "ducklake_retry_wait_ms" => {
                retry.wait = Duration::from_millis(number()?);
                Box::new(|_| {})
            }
            "ducklake_retry_backoff" => {
                retry.backoff = value.trim().parse().map_err(|_| bad())?;
                Box::new(|_| {})
            }
            "ducklake_default_data_inlining_row_limit" => {
                let limit = number()?;
                Box::new(move |settings| settings.default_inlining_limit = Some(limit))
            }
            "ducklake_target_file_size" => {
                let size = ducklake_transact::settings::byte_size(value).ok_or_else(bad)?;
                Box::new(move |settings| settings.target_file_size = Some(size).filter(|s| *s > 0))
            }
            "ducklake_write_deletion_vectors" => {
                let wanted = match value.trim().to_ascii_lowercase().as_str() {
                    "true" | "t" | "1" | "on" => true,
                    "false" | "f" | "0" | "off" => false,
                    _ => return Err(bad()),
                };
                Box::new(move |settings| settings.default_deletion_vectors = Some(wanted))
            }
            _ => return Err(LakeError::usage(format!("there is no setting '{name}'"))),
        };
        self.set_retry(retry);
        change(&mut self.session_settings.write().unwrap_or_else(PoisonError::into_inner));
        for attached in self.names().attached {
            attached.lake.change_settings(&change);
        }
        Ok(())
    }
}
