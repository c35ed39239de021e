//! SQL over attached lakes.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::dataframe::DataFrame;
use datafusion::execution::context::{SessionConfig, SessionContext};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Expr;
use ducklake_catalog::{CatalogError, FailureKind};
use ducklake_format::{Column, LakeType};
use ducklake_transact::{RetryPolicy, SessionSettings};

use crate::duckdb::FilePins;
use crate::error::{LakeError, Result};
use crate::lake::{CreateLake, Lake, LakeOptions, LakeView, SnapshotSelector, same_name, timestamp_micros};
use crate::source::VIRTUAL_COLUMNS;
use crate::sql::explain;
use crate::sql::files::{ListedTable, listed_tables};
use crate::sql::local::LocalState;
use crate::sql::macros;
use crate::sql::memory::MEMORY;
use crate::sql::names::{Attached, Names, Pins, similar, unknown_table};
use crate::sql::rewrite::{Resolved, Rewriter, innermost};
use crate::sql::rows::{describe_columns, describe_fields, no_rows, rows_of, text_rows};
use crate::sql::types::sql_name;
use crate::sql::{AttachOptions, Command, PinnedLakes, PinnedObject, Reference, Version, collect, parse};
use crate::table::LakeTable;
use crate::views;
use crate::write::OpenTransactions;

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
        Self {
            context,
            names: RwLock::default(),
            defaults: LakeOptions::default(),
            open: OpenTransactions::default(),
            retry: RwLock::default(),
            session_settings: RwLock::default(),
            local,
            sources: RwLock::default(),
        }
    }

    /// Options that ATTACH statements start from (storage credentials of a profile, for instance).
    pub fn with_lake_defaults(mut self, defaults: LakeOptions) -> Self {
        self.defaults = defaults;
        self
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

    fn pins(&self) -> Pins {
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
            // What statements await is large; boxed, it stays off small stacks.
            command => Box::pin(self.run_command(command)).await,
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
                    futures::TryStreamExt::try_collect(Box::pin(self.run_command(command)).await?.stream).await?;
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

    async fn run_command(&self, command: Command) -> Result<QueryResult> {
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

    async fn attach_statement(&self, attach: AttachOptions) -> Result<()> {
        if self.attach_file(&attach).await? {
            return Ok(());
        }
        let name = match &attach.name {
            Some(name) => name.clone(),
            None => default_name(&attach.uri),
        };
        if let Some(taken) = self.names().taken(&name) {
            return if attach.if_not_exists { Ok(()) } else { Err(taken) };
        }
        let snapshot = match (attach.snapshot_version, &attach.snapshot_time) {
            (Some(_), Some(_)) => {
                return Err(LakeError::usage("SNAPSHOT_VERSION and SNAPSHOT_TIME cannot both be given"));
            }
            (Some(version), None) => SnapshotSelector::Version(version),
            (None, Some(time)) => SnapshotSelector::Timestamp(timestamp_micros(time)?),
            (None, None) => SnapshotSelector::Latest,
        };
        let options = LakeOptions {
            data_path: attach.data_path.clone().filter(|_| attach.override_data_path),
            metadata_schema: attach.metadata_schema.clone(),
            snapshot,
            storage: self.defaults.storage.clone(),
            read_only: attach.read_only,
            busy_timeout: attach.busy_timeout.or(self.defaults.busy_timeout),
            settings: SessionSettings {
                attach_inlining_limit: attach.inlining_limit.or(self.defaults.settings.attach_inlining_limit),
                attach_deletion_vectors: attach.deletion_vectors.or(self.defaults.settings.attach_deletion_vectors),
                ..self.settings()
            },
        };
        let lake = self.open_or_create(&attach, options).await?;
        if let Some(path) = attach.data_path.filter(|_| !attach.override_data_path) {
            lake.check_data_path(&path)?;
        }
        if let Some(encrypted) = attach.encrypted
            && encrypted != lake.catalog().metadata().encrypted
        {
            let is = if encrypted { "is not encrypted" } else { "is encrypted" };
            return Err(LakeError::usage(format!("the lake {is}, unlike ENCRYPTED says")));
        }
        let is_first = self.names().current.is_none();
        self.attach(&name, lake).await?;
        if is_first {
            self.change_names(|names| names.is_implicit = true);
        }
        if let Some(metadata) = attach.metadata_catalog {
            self.change_names(|names| {
                names.metadata.retain(|(catalog, _)| !same_name(catalog, &metadata));
                names.metadata.push((metadata, name));
            });
        }
        Ok(())
    }

    /// ATTACH makes a lake that does not exist, unless it is told not to.
    async fn open_or_create(&self, attach: &AttachOptions, options: LakeOptions) -> Result<Lake> {
        let may_create = attach.create_if_not_exists.unwrap_or(!attach.read_only)
            && !attach.read_only
            && options.snapshot == SnapshotSelector::Latest;
        match Lake::open(&attach.uri, options.clone()).await {
            Err(LakeError::Catalog(error)) if may_create && is_absent(&error) => {
                let Some(data_path) = &attach.data_path else {
                    return Err(LakeError::Usage {
                        message: format!("{error}, and a new lake needs a data path"),
                        hint: Some("add (DATA_PATH 'folder/') to create it".into()),
                    });
                };
                let create = CreateLake { data_path: data_path.clone(), encrypted: attach.encrypted.unwrap_or(false) };
                // The path given is the lake's own now.
                Lake::create(&attach.uri, &create, LakeOptions { data_path: None, ..options }).await
            }
            other => other,
        }
    }

    async fn use_statement(&self, parts: &[String]) -> Result<()> {
        let names = self.names();
        let attached = |name: &str| names.attached.iter().find(|a| same_name(&a.name, name));
        if self.use_memory(&names, parts) || self.use_file(&names, parts).await? {
            return Ok(());
        }
        let (lake, schema) = match parts {
            [one] => match (attached(one), &names.current) {
                (Some(lake), _) => (lake, "main"),
                (None, Some((current, _))) => match attached(current) {
                    Some(lake) => (lake, one.as_str()),
                    None => return Err(self.unknown_lake(one)),
                },
                (None, None) => return Err(self.unknown_lake(one)),
            },
            [lake, schema] => (attached(lake).ok_or_else(|| self.unknown_lake(lake))?, schema.as_str()),
            _ => return Err(LakeError::usage("USE takes a lake, a schema, or lake.schema")),
        };
        let view = self.view(lake).await?;
        let Some(schema) = view.schema(schema) else {
            return Err(LakeError::UnknownName {
                what: "lake or schema",
                name: schema.to_string(),
                suggestions: similar(schema, view.names.schemas.iter().map(|s| s.name.as_str())),
            });
        };
        self.change_names(|n| {
            n.current = Some((lake.name.clone(), schema.name.clone()));
            n.is_implicit = false;
        });
        Ok(())
    }

    /// `USE memory`, `USE memory.schema`, `USE schema` in it; false where the names are something else.
    fn use_memory(&self, names: &Names, parts: &[String]) -> bool {
        let is_lake =
            |name: &str| names.attached.iter().any(|a| same_name(&a.name, name)) || names.file(name).is_some();
        let memory = &self.local.memory;
        let schema = match parts {
            [one] if is_lake(one) => return false,
            [one] if same_name(one, MEMORY) => "main",
            [one] if names.current.is_some() && names.memory_schema().is_some() && memory.has_schema(one) => one,
            [first, schema] if same_name(first, MEMORY) && memory.has_schema(schema) => schema,
            _ => return false,
        };
        self.change_names(|n| {
            n.current = Some((MEMORY.to_string(), schema.to_string()));
            n.is_implicit = false;
        });
        true
    }

    fn unknown_lake(&self, name: &str) -> LakeError {
        self.names().unknown_lake(name)
    }

    async fn show_tables(&self, all: bool, from: Option<&str>) -> Result<QueryResult> {
        let names = self.names();
        let (current_lake, current_schema) = names.current.clone().unwrap_or_default();
        let mut rows: Vec<ListedTable> = Vec::new();
        for attached in names.attached {
            if !all && from.is_none() && !same_name(&attached.name, &current_lake) {
                continue;
            }
            let view = self.view(&attached).await?;
            let wanted_lake = from.is_none_or(|f| same_name(f, &attached.name));
            for schema in &view.names.schemas {
                let wanted = match from {
                    Some(from) => {
                        wanted_lake || (same_name(&attached.name, &current_lake) && same_name(from, &schema.name))
                    }
                    None => all || same_name(&schema.name, &current_schema),
                };
                if !wanted {
                    continue;
                }
                for table in view.names.tables.iter().filter(|t| t.schema_id == schema.schema_id) {
                    let listed = |c: &Column| (c.name.clone(), sql_name(&c.lake_type));
                    let columns = match all {
                        true => attached.lake.columns(&view, table.table_id).await?.iter().map(listed).collect(),
                        false => Vec::new(),
                    };
                    rows.push((attached.name.clone(), schema.name.clone(), table.name.clone(), columns));
                }
                for view in view.names.views.iter().filter(|v| v.schema_id == schema.schema_id) {
                    rows.push((attached.name.clone(), schema.name.clone(), view.name.clone(), Vec::new()));
                }
            }
        }
        for file in names.files {
            let is_current = same_name(&file.name, &current_lake);
            let wanted = |schema: &str| match from {
                Some(from) => same_name(from, &file.name) || (is_current && same_name(from, schema)),
                None => all || (is_current && same_name(schema, &current_schema)),
            };
            rows.extend(listed_tables(&file, &file.file.database().await?).filter(|row| wanted(&row.1)));
        }
        rows.sort_by(|a, b| (&a.0, &a.1, &a.2).cmp(&(&b.0, &b.1, &b.2)));
        if !all {
            return text_rows(vec![("name", rows.into_iter().map(|r| r.2).collect())]);
        }
        let list = |pick: fn(&(String, String)) -> &str| -> Vec<String> {
            rows.iter().map(|r| format!("[{}]", r.3.iter().map(pick).collect::<Vec<_>>().join(", "))).collect()
        };
        text_rows(vec![
            ("database", rows.iter().map(|r| r.0.clone()).collect()),
            ("schema", rows.iter().map(|r| r.1.clone()).collect()),
            ("name", rows.iter().map(|r| r.2.clone()).collect()),
            ("column_names", list(|c| &c.0)),
            ("column_types", list(|c| &c.1)),
        ])
    }

    async fn describe(&self, parts: &[String]) -> Result<QueryResult> {
        let mut pins = self.pins();
        if let Some(table) = self.file_table(&pins, parts).await? {
            return describe_columns(table.column_types().map(|(name, kind)| (name.to_string(), kind)));
        }
        let (attached, view, schema, name) = pins.locate(parts, &SnapshotSelector::Latest).await?;
        if let Some(table) = LakeTable::load(&attached.lake, &view, &schema, &name).await? {
            let columns = table.columns();
            let text = |f: fn(&Column) -> String| columns.iter().map(f).collect::<Vec<_>>();
            let defaults: StringArray = columns.iter().map(default_sql).collect();
            let nothing = StringArray::from(vec![None::<&str>; columns.len()]);
            return rows_of(vec![
                ("column_name", StringArray::from(text(|c| c.name.clone()))),
                ("column_type", StringArray::from(text(|c| sql_name(&c.lake_type)))),
                ("null", StringArray::from(text(|c| if c.nulls_allowed { "YES" } else { "NO" }.to_string()))),
                ("key", nothing.clone()),
                ("default", defaults),
                ("extra", nothing),
            ]);
        }
        match self.object(&attached, &view, &schema, &name, &[], (0, &pins.files)).await? {
            Some((_, provider)) => describe_fields(provider.schema().fields().iter().map(|f| f.as_ref().clone())),
            None => Err(unknown_table(&view, &parts.join("."), &schema, &name)),
        }
    }

    /// A table or view of an attached lake at a view of it.
    pub(crate) async fn provider(
        &self,
        lake: &str,
        view: &LakeView,
        schema: &str,
        name: &str,
    ) -> Result<Option<PinnedObject>> {
        let attached = self
            .names()
            .attached
            .into_iter()
            .find(|a| same_name(&a.name, lake))
            .ok_or_else(|| self.unknown_lake(lake))?;
        Ok(self
            .object(&attached, view, schema, name, &[], (0, &FilePins::default()))
            .await?
            .map(|(_, provider)| provider))
    }

    /// A table or view with its own name.
    async fn object(
        &self,
        attached: &Attached,
        view: &LakeView,
        schema: &str,
        name: &str,
        virtual_columns: &[&str],
        (depth, files): (usize, &FilePins),
    ) -> Result<Option<(String, PinnedObject)>> {
        if let Some(table) = LakeTable::load(&attached.lake, view, schema, name).await? {
            let own_name = table.row().name.clone();
            return Ok(Some((own_name, Arc::new(table.with_virtual_columns(virtual_columns)))));
        }
        let Some(schema_row) = view.schema(schema) else { return Ok(None) };
        let Some(row) = view.view(schema_row, name) else { return Ok(None) };
        let failed = |e: LakeError| LakeError::View { view: format!("{schema}.{}", row.name), source: Box::new(e) };
        if depth >= MAX_VIEW_DEPTH {
            return Err(failed(LakeError::usage("it is made of views more than 32 levels deep, or of itself")));
        }
        let planned = async {
            let sql = views::sql(row, &attached.name)?;
            let Command::Query(statement) = parse(&sql)? else { return Err(LakeError::usage("its text is no query")) };
            // Names without a qualifier belong to the view's own lake and schema, at the same snapshot.
            let mut names = self.names();
            names.current = Some((attached.name.clone(), schema.to_string()));
            let mut pins = Pins::new(names).with_files(files.clone());
            pins.pin(attached, view.clone());
            let frame = Box::pin(self.plan_with(*statement, pins, depth + 1)).await?;
            views::provider(frame, row)
        };
        Ok(Some((row.name.clone(), planned.await.map_err(failed)?)))
    }

    async fn plan(&self, statement: Statement, depth: usize) -> Result<DataFrame> {
        // Boxed: what callers build on top of it stays small, for the compiler too.
        Box::pin(self.plan_with(statement, self.pins(), depth)).await
    }

    /// Names first, then the plan: resolves every table of the statement at pinned snapshots, rewrites, plans.
    pub(crate) async fn plan_with(&self, mut statement: Statement, mut pins: Pins, depth: usize) -> Result<DataFrame> {
        let mut catalogs = PinnedLakes::default();
        if let Some(inner) = innermost(&mut statement) {
            macros::expand(&mut pins, inner, |name| self.knows_function(name)).await?;
            let references = collect(inner);
            let wanted: Vec<&str> = VIRTUAL_COLUMNS
                .iter()
                .map(|(name, _)| *name)
                .filter(|name| references.identifiers.contains(*name))
                .collect();
            let mut rewriter = Rewriter::default();
            for (index, reference) in references.tables.iter().enumerate() {
                if matches!(reference.name.as_slice(), [one] if references.ctes.contains(&one.to_lowercase())) {
                    continue;
                }
                if let Some(relation) = self.relation(&pins, reference, index).await? {
                    for field in relation.provider.schema().fields() {
                        rewriter.know(field.name());
                    }
                    catalogs.add(&relation.resolved.full_name, relation.provider);
                    rewriter.resolved.push((reference.clone(), relation.resolved));
                    continue;
                }
                if reference.args.is_some() {
                    continue;
                }
                if let Some((own_name, rows)) = self.source(reference) {
                    let full_name = ["ducklake sources".to_string(), "main".to_string(), own_name.clone()];
                    for field in rows.schema().fields() {
                        rewriter.know(field.name());
                    }
                    catalogs.add(&full_name, rows);
                    let resolved = Resolved { full_name, own_name, columns: None, virtual_columns: Vec::new() };
                    rewriter.resolved.push((reference.clone(), resolved));
                    continue;
                }
                if reference.name.iter().any(|n| n.eq_ignore_ascii_case("information_schema")) {
                    self.pin_all(&mut pins, &mut catalogs).await?;
                    continue;
                }
                let selector = self.selector(reference.version.as_ref()).await?;
                let (attached, view, schema, name) = pins.locate(&reference.name, &selector).await?;
                let Some((own_name, provider)) =
                    self.object(&attached, &view, &schema, &name, &wanted, (depth, &pins.files)).await?
                else {
                    return Err(unknown_table(&view, &reference.name.join("."), &schema, &name));
                };
                let table: Option<&LakeTable> = provider.downcast_ref::<LakeTable>();
                let columns = table.map(|table| table.columns().iter().map(|c| c.name.clone()).collect());
                let virtual_columns = table.map(|table| table.virtual_columns().to_vec()).unwrap_or_default();
                for field in provider.schema().fields() {
                    rewriter.know(field.name());
                }
                // Two snapshots of one table are two tables.
                let table_name = match selector {
                    SnapshotSelector::Latest => own_name.clone(),
                    _ => format!("{own_name}@{}", view.snapshot.id),
                };
                rewriter.know(&own_name);
                let full_name = [attached.name.clone(), schema, table_name];
                catalogs.add(&full_name, provider);
                rewriter.resolved.push((reference.clone(), Resolved { full_name, own_name, columns, virtual_columns }));
            }
            for name in &references.given {
                rewriter.know(name);
            }
            rewriter.apply(inner);
        }
        let (lake, schema) = pins.names.current.clone().unwrap_or_else(|| ("memory".to_string(), "main".to_string()));
        catalogs.add_schema(&lake, &schema);
        let state = self.statement_state(catalogs, &lake, &schema);
        let plan = state.statement_to_plan(statement).await?;
        Ok(DataFrame::new(state, plan))
    }

    fn statement_state(&self, catalogs: PinnedLakes, lake: &str, schema: &str) -> SessionState {
        let state = self.context.state();
        let mut config = state.config().clone();
        config.options_mut().catalog.default_catalog = lake.to_string();
        config.options_mut().catalog.default_schema = schema.to_string();
        SessionStateBuilder::new_from_existing(state).with_config(config).with_catalog_list(Arc::new(catalogs)).build()
    }

    /// All tables of all lakes and files, for `information_schema`.
    async fn pin_all(&self, pins: &mut Pins, catalogs: &mut PinnedLakes) -> Result<()> {
        self.pin_files(pins, catalogs).await?;
        for attached in pins.names.attached.clone() {
            let view = pins.view(&attached, &SnapshotSelector::Latest).await?;
            attached.lake.load_all_columns(&view).await?;
            for schema in &view.names.schemas {
                catalogs.add_schema(&attached.name, &schema.name);
                for table in view.names.tables.iter().filter(|t| t.schema_id == schema.schema_id) {
                    if let Some(table) = LakeTable::load(&attached.lake, &view, &schema.name, &table.name).await? {
                        let name = [attached.name.clone(), schema.name.clone(), table.row().name.clone()];
                        catalogs.add(&name, Arc::new(table));
                    }
                }
                for row in view.names.views.iter().filter(|v| v.schema_id == schema.schema_id) {
                    // A view that cannot be planned must not break a listing.
                    if let Ok(Some((name, provider))) =
                        self.object(&attached, &view, &schema.name, &row.name, &[], (0, &pins.files)).await
                    {
                        catalogs.add(&[attached.name.clone(), schema.name.clone(), name], provider);
                    }
                }
            }
        }
        Ok(())
    }

    async fn selector(&self, version: Option<&Version>) -> Result<SnapshotSelector> {
        let null = |what: &str| LakeError::usage(format!("the {what} of AT is NULL"));
        match version {
            None => Ok(SnapshotSelector::Latest),
            Some(Version::Version(expr)) => {
                let text = self.constant(expr).await?.ok_or_else(|| null("VERSION"))?;
                match text.trim().parse::<i64>() {
                    Ok(version) if version >= 0 => Ok(SnapshotSelector::Version(version)),
                    _ => Err(LakeError::usage(format!("'{text}' is not a snapshot id"))),
                }
            }
            Some(Version::Timestamp(expr)) => {
                let text = match literal_text(expr) {
                    Some(text) => text,
                    None => {
                        let cast = format!("CAST(({expr}) AS TIMESTAMP(6))");
                        let text = self.evaluate(&cast, expr).await?.ok_or_else(|| null("TIMESTAMP"))?;
                        format!("{}+00", text.replacen('T', " ", 1))
                    }
                };
                Ok(SnapshotSelector::Timestamp(timestamp_micros(&text)?))
            }
            Some(Version::Unknown(text)) => Err(LakeError::Usage {
                message: format!("'{text}' does not name a snapshot"),
                hint: Some("write AT (VERSION => 3) or AT (TIMESTAMP => '2026-01-31 12:00:00+00')".into()),
            }),
        }
    }

    /// A constant expression as text, `None` for NULL.
    pub(crate) async fn constant(&self, expr: &Expr) -> Result<Option<String>> {
        use datafusion::sql::sqlparser::ast::Value;
        match expr {
            Expr::Value(value) => match &value.value {
                Value::Number(text, _) | Value::SingleQuotedString(text) => return Ok(Some(text.clone())),
                Value::Null => return Ok(None),
                Value::Boolean(flag) => return Ok(Some(flag.to_string())),
                _ => {}
            },
            // A bare word is a name, as in ducklake_snapshots(lake).
            Expr::Identifier(ident) => return Ok(Some(ident.value.clone())),
            Expr::Subquery(_) => return Err(LakeError::usage("a subquery cannot be used here")),
            _ => {}
        }
        self.evaluate(&expr.to_string(), expr).await
    }

    /// A constant expression as a batch of one row and column.
    pub(crate) async fn constant_batch(&self, expr: &Expr) -> Result<RecordBatch> {
        let state = self.statement_state(PinnedLakes::default(), "memory", "main");
        let Command::Query(statement) = parse(&format!("SELECT {expr}"))? else {
            return Err(LakeError::usage(format!("'{expr}' is not a constant")));
        };
        let plan = state.statement_to_plan(*statement).await?;
        let batches = DataFrame::new(state, plan).collect().await?;
        let batch = batches.into_iter().find(|b| b.num_rows() == 1);
        batch.ok_or_else(|| LakeError::usage(format!("'{expr}' is not a constant")))
    }

    /// The text of a constant expression; `shown` names it in errors.
    async fn evaluate(&self, sql: &str, shown: &Expr) -> Result<Option<String>> {
        let expr = shown;
        let state = self.statement_state(PinnedLakes::default(), "memory", "main");
        let Command::Query(statement) = parse(&format!("SELECT CAST(({sql}) AS VARCHAR)"))? else {
            return Err(LakeError::usage(format!("'{expr}' is not a constant")));
        };
        let plan = state.statement_to_plan(*statement).await?;
        let batches = DataFrame::new(state, plan).collect().await?;
        let Some(batch) = batches.first().filter(|b| b.num_rows() == 1) else {
            return Err(LakeError::usage(format!("'{expr}' is not a constant")));
        };
        let text = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8)?;
        let text = text.as_string::<i32>();
        Ok(text.is_valid(0).then(|| text.value(0).to_string()))
    }
}

/// Whether there is no lake, but could be one.
fn is_absent(error: &CatalogError) -> bool {
    match error.kind() {
        FailureKind::NotFound => true,
        // A database without a catalog, or an empty file; not one of another kind.
        FailureKind::NotALake => error.is_empty_place(),
        _ => false,
    }
}

/// A column's default as SQL: the catalog keeps a literal's text without its quotes.
pub(crate) fn default_sql(column: &Column) -> Option<String> {
    let text = column.default_value.as_ref()?;
    let is_text = matches!(
        column.lake_type,
        LakeType::Varchar
            | LakeType::Json
            | LakeType::Uuid
            | LakeType::Blob
            | LakeType::Date
            | LakeType::Timestamp
            | LakeType::TimestampTz
    );
    let is_literal = column.default_value_type.as_deref().is_none_or(|t| t.eq_ignore_ascii_case("literal"));
    Some(if is_text && is_literal { format!("'{}'", text.replace('\'', "''")) } else { text.clone() })
}

/// The text inside `'…'`, `TIMESTAMP '…'` and `'…'::TIMESTAMPTZ`.
fn literal_text(expr: &Expr) -> Option<String> {
    use datafusion::sql::sqlparser::ast::Value;
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        Expr::TypedString(typed) => match &typed.value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        Expr::Cast { expr, .. } | Expr::Nested(expr) => literal_text(expr),
        _ => None,
    }
}

/// The name of a lake attached without one: the last part of its URI without the suffix.
fn default_name(uri: &str) -> String {
    let end = uri.rsplit(['/', '\\', ':']).next().unwrap_or(uri);
    let stem = end.split('.').next().unwrap_or(end);
    let name: String = stem.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.is_empty() { "lake".to_string() } else { name }
}
