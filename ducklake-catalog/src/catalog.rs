//! An opened catalog.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::driver::{Database, DbTransaction, run_error};
use crate::duckdb;
use crate::error::{CatalogError, FailureKind};
use crate::files::{FileListing, FileQuery};
use crate::inlined::{InlinedDeletes, InlinedRows};
use crate::layout::Layout;
use crate::metadata::{LakeMetadata, OptionRow};
use crate::sql::Sql;
use crate::tables::{NameMappingRow, TableFacts};
use crate::uri::CatalogUri;

/// How often a scan is planned anew because the catalog changed while it was read.
const SCAN_ATTEMPTS: u32 = 5;

/// How to open a catalog.
#[derive(Debug, Clone, Default)]
pub struct CatalogOptions {
    /// Schema that holds the metadata tables; `public` on PostgreSQL and `main` elsewhere if absent.
    pub metadata_schema: Option<String>,
    /// How long readers wait for a locked SQLite file; 20 seconds if absent.
    pub busy_timeout: Option<Duration>,
}

/// The metadata of one lake, open for reading and committing. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Catalog {
    uri: CatalogUri,
    database: Database,
    schema: String,
    layout: Layout,
    metadata: LakeMetadata,
    options: RwLock<Arc<Vec<OptionRow>>>,
}

/// Everything a scan of one table needs, from one consistent view of the catalog.
#[derive(Debug, Clone, Default)]
pub struct TableScanRows {
    /// Columns, partition specs, inlined tables.
    pub facts: TableFacts,
    /// Files with deletes and statistics.
    pub listing: FileListing,
    /// Name mappings, where a file has one.
    pub mappings: Vec<NameMappingRow>,
    /// Inlined rows visible at the snapshot, by inlined table.
    pub inlined: Vec<InlinedRows>,
    /// Inlined deletes up to the snapshot.
    pub inlined_deletes: InlinedDeletes,
}

impl Catalog {
    /// Opens a catalog: three statements (tables and columns that exist, identity and options, none of the data).
    /// The catalog is not changed, whatever its format version.
    ///
    /// # Errors
    /// `NotFound`, `Unreachable`, `Denied`, `NotALake` or `Unsupported`, each naming the catalog.
    pub async fn open(uri: &CatalogUri, options: &CatalogOptions) -> Result<Self, CatalogError> {
        match (Self::open_as(uri, options).await, uri) {
            // The name did not tell what the file is. It is looked into only now: SQLite's locks on a database of its
            // own would be lost.
            (Err(error), CatalogUri::Sqlite(path))
                if error.kind() == FailureKind::NotALake && duckdb::is_duckdb(path) =>
            {
                Self::open_as(&CatalogUri::DuckDb(path.clone()), options).await
            }
            (result, _) => result,
        }
    }

    async fn open_as(uri: &CatalogUri, options: &CatalogOptions) -> Result<Self, CatalogError> {
        let database = Database::connect(uri, options.busy_timeout).await?;
        let dialect = database.dialect();
        let schema = options.metadata_schema.clone().unwrap_or_else(|| dialect.default_schema.to_string());
        let mut tx = database.begin_read().await.map_err(|e| not_a_lake(uri, e))?;
        let layout =
            Layout::probe(&mut tx, Sql::new(dialect, &schema), &schema).await.map_err(|e| not_a_lake(uri, e))?;
        if !layout.has_table("ducklake_metadata") || !layout.has_table("ducklake_snapshot") {
            let place = match options.metadata_schema {
                Some(_) => format!("schema '{schema}' of {uri}"),
                None => uri.to_string(),
            };
            let error = CatalogError::new(FailureKind::NotALake, format!("{place} holds no DuckLake catalog"))
                .with_hint("check the path or database; METADATA_SCHEMA names a schema other than the default");
            return Err(error.with_empty_place());
        }
        let mut sql = Sql::new(dialect, &schema);
        sql.push("SELECT ");
        layout.select(&mut sql, "ducklake_metadata", "m", &["key", "value", "scope", "scope_id"]);
        sql.push(" FROM ").table("ducklake_metadata").push(" m");
        let rows = tx.query("reading the lake's options", sql).await?;
        tx.finish().await;
        let options = rows
            .into_iter()
            .map(|mut row| {
                Ok(OptionRow {
                    key: row.text("an option's key")?,
                    value: row.opt_text().unwrap_or_default(),
                    scope: row.opt_text(),
                    scope_id: row.opt_i64()?,
                })
            })
            .collect::<Result<Vec<_>, CatalogError>>()?;
        let metadata = LakeMetadata::from_rows(options)?;
        let options = RwLock::new(Arc::new(metadata.options.clone()));
        Ok(Self { uri: uri.clone(), database, schema, layout, metadata, options })
    }

    /// Everything a scan of `table` at `snapshot` needs: a constant number of statements in one transaction (one more
    /// for each inlined table).
    ///
    /// # Errors
    /// Database failures and `Invalid` catalogs.
    pub async fn table_scan(
        &self,
        table: i64,
        snapshot: i64,
        query: &FileQuery,
    ) -> Result<TableScanRows, CatalogError> {
        let mut attempt = 1;
        loop {
            match self.table_scan_once(table, snapshot, query).await {
                // A large DuckDB file that was rewritten meanwhile is read again.
                Err(error) if self.is_overtaken(&error) && attempt < SCAN_ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    fn is_overtaken(&self, error: &CatalogError) -> bool {
        error.kind() == FailureKind::Busy && matches!(self.database, Database::DuckDb(_))
    }

    async fn table_scan_once(
        &self,
        table: i64,
        snapshot: i64,
        query: &FileQuery,
    ) -> Result<TableScanRows, CatalogError> {
        let mut tx = self.begin().await?;
        let facts = self.table_facts_in(&mut tx, table).await?;
        let listing = self.files_in(&mut tx, table, snapshot, query, &facts).await?;
        let mut rows = TableScanRows { facts, listing, ..TableScanRows::default() };
        if rows.listing.summary.has_mapping {
            rows.mappings = self.name_mappings_in(&mut tx, table).await?;
        }
        if rows.facts.has_inlined_deletes && rows.listing.summary.file_count > 0 {
            rows.inlined_deletes = self.inlined_deletes_in(&mut tx, table, snapshot).await?;
        }
        for inlined in &rows.facts.inlined_tables {
            let visible = self.inlined_rows_in(&mut tx, inlined, snapshot).await?;
            if !visible.ids.is_empty() {
                rows.inlined.push(visible);
            }
        }
        tx.finish().await;
        Ok(rows)
    }

    /// Columns and partition specs of a table, without its files: for describing it.
    ///
    /// # Errors
    /// Database failures and `Invalid` catalogs.
    pub async fn table_facts(&self, table: i64) -> Result<TableFacts, CatalogError> {
        let mut tx = self.begin().await?;
        let facts = self.table_facts_in(&mut tx, table).await?;
        tx.finish().await;
        Ok(facts)
    }

    /// Where the catalog is.
    pub fn uri(&self) -> &CatalogUri {
        &self.uri
    }

    /// DuckLake's name of the backend: `sqlite`, `postgres` or `duckdb`.
    pub fn backend(&self) -> &'static str {
        self.database.dialect().name
    }

    /// All options, with those set through this catalog since it was opened.
    pub fn options(&self) -> Arc<Vec<OptionRow>> {
        Arc::clone(&self.options.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets an option in the catalog, for everyone who opens it from now on, and here. No snapshot is made.
    ///
    /// # Errors
    /// As [`Catalog::begin_commit`].
    pub async fn set_option(
        &self,
        key: &str,
        value: &str,
        scope: Option<(&str, i64)>,
        patience: Duration,
    ) -> Result<(), CatalogError> {
        let mut tx = self.begin_commit(patience).await?;
        if let Err(error) = tx.set_option(key, value, scope).await {
            tx.rollback().await;
            return Err(error);
        }
        tx.commit().await?;
        let (scope, scope_id) = (scope.map(|(s, _)| s.to_string()), scope.map(|(_, id)| id));
        let mut options = self.options.write().unwrap_or_else(PoisonError::into_inner);
        let rows = Arc::make_mut(&mut options);
        rows.retain(|o| o.key != key || o.scope != scope || o.scope_id != scope_id);
        rows.push(OptionRow { key: key.to_string(), value: value.to_string(), scope, scope_id });
        Ok(())
    }

    /// Identity and options, as they were when the catalog was opened.
    pub fn metadata(&self) -> &LakeMetadata {
        &self.metadata
    }

    /// Schema that holds the metadata tables.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.database.close().await;
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) fn sql(&self) -> Sql<'_> {
        Sql::new(self.database.dialect(), &self.schema)
    }

    pub(crate) async fn begin(&self) -> Result<DbTransaction, CatalogError> {
        self.database.begin_read().await
    }

    /// Runs one statement outside of a transaction.
    pub(crate) async fn execute(&self, doing: &str, text: &str) -> Result<(), CatalogError> {
        let failed = |e| run_error(doing, e);
        match &self.database {
            Database::Sqlite { write, .. } => {
                let mut connection = write.acquire().await.map_err(failed)?;
                sqlx::query(sqlx::AssertSqlSafe(text)).execute(&mut *connection).await.map_err(failed)?;
            }
            Database::Postgres { pool, .. } => {
                sqlx::query(sqlx::AssertSqlSafe(text)).persistent(false).execute(pool).await.map_err(failed)?;
            }
            Database::DuckDb(file) => return Err(file.read_only()),
        }
        Ok(())
    }
}

/// Errors of the first statement: a file that is no database says so only then.
fn not_a_lake(uri: &CatalogUri, error: CatalogError) -> CatalogError {
    match error.kind() {
        FailureKind::NotALake => {
            CatalogError::new(FailureKind::NotALake, format!("{uri} is not a DuckLake catalog: {error}"))
                .with_source(error)
        }
        _ => error,
    }
}
