//! The metadata tables of one state of a DuckDB file, in a SQLite database in memory.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use duckdb_file::{Database, Scan, ScanOptions, Table};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::sync::Mutex;

use super::cells::cells_of;
use super::{error, read_only};
use crate::driver::{Cell, Row, bind_sqlite, decode_sqlite, run_error};
use crate::error::{CatalogError, FailureKind};
use crate::sql::{Sql, quote};

/// Most columns of a table in SQLite.
const MAX_COLUMNS: usize = 2_000;

/// Schemas beside `main` that can be mirrored: databases that SQLite attaches, less one to spare.
const MAX_SCHEMAS: usize = 9;

/// Bound values of one insert, about.
const BINDS: usize = 4_000;

/// A state of the file. Rows are copied into SQLite when a statement first names their table; the state itself never
/// changes, so that one is as good as a transaction.
#[derive(Debug)]
pub(crate) struct Mirror {
    path: PathBuf,
    database: Database,
    sqlite: Mutex<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    connection: SqliteConnection,
    /// Schema and table, in lower case.
    tables: HashSet<(String, String)>,
}

impl Mirror {
    pub(super) async fn new(path: &Path, database: Database) -> Result<Self, CatalogError> {
        if let Some(reason) = database.unread() {
            let message = format!("the tables of the DuckDB file '{}' are not all known: {reason}", path.display());
            return Err(CatalogError::new(FailureKind::Unsupported, message)
                .with_hint("keep what is not DuckLake's out of the file"));
        }
        let failed = |e| run_error("making room for the catalog in memory", e);
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.map_err(failed)?;
        let tables: Vec<&Table> = database.tables().filter(|table| is_metadata(table.name())).collect();
        let schemas: BTreeSet<String> = tables.iter().map(|table| table.schema_name()).collect();
        let schemas = schemas.iter().filter(|schema| !schema.eq_ignore_ascii_case("main")).take(MAX_SCHEMAS);
        let mut script = String::from(
            "CREATE TABLE main.quacklake_columns (schema_name, table_name, position, column_name, column_type);",
        );
        let mut known = HashSet::from(["main".to_string()]);
        for schema in schemas {
            script.push_str(&format!("ATTACH ':memory:' AS {};", quote(schema)));
            known.insert(schema.to_lowercase());
        }
        let mut columns = Vec::new();
        for table in tables {
            let schema = table.schema_name();
            if !known.contains(&schema.to_lowercase()) || table.columns().len() > MAX_COLUMNS {
                continue;
            }
            let names: Vec<String> = stored_columns(table).map(|(name, _)| quote(&name)).collect();
            script.push_str(&format!(
                "CREATE TABLE {}.{} ({});",
                quote(&schema),
                quote(table.name()),
                names.join(", ")
            ));
            columns.extend(stored_columns(table).zip(0..).map(|((name, declared), position)| {
                [schema.as_str(), table.name()]
                    .map(Cell::from)
                    .into_iter()
                    .chain([Cell::Int(position), name.into(), declared.into()])
                    .collect::<Vec<_>>()
            }));
        }
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.map_err(failed)?;
        insert(&mut connection, "main.quacklake_columns", 5, columns).await.map_err(failed)?;
        let sqlite = Mutex::new(Loaded { connection, tables: HashSet::new() });
        Ok(Self { path: path.to_path_buf(), database, sqlite })
    }

    /// Runs a query, after rows of the tables that it names are there.
    pub(crate) async fn query(&self, doing: &str, sql: Sql<'_>) -> Result<Vec<Row>, CatalogError> {
        let mut sqlite = self.sqlite.lock().await;
        for table in sql.tables() {
            self.load(&mut sqlite, sql.schema(), table).await?;
        }
        let (text, binds) = sql.into_parts();
        let failed = |e| run_error(doing, e);
        let query = binds.into_iter().fold(sqlx::query(AssertSqlSafe(text)), bind_sqlite);
        let rows = query.fetch_all(&mut sqlite.connection).await.map_err(failed)?;
        rows.iter().map(decode_sqlite).collect::<Result<_, _>>().map_err(failed)
    }

    /// Why nothing can be written.
    pub(crate) fn read_only(&self) -> CatalogError {
        read_only(&self.path)
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The table of that name, if there is one.
    pub(super) fn table(&self, schema: &str, name: &str) -> Option<&Table> {
        self.database.table(schema, name).ok()
    }

    /// Batches of a table's rows as cells, in the file's order: those of the columns named, or of all.
    pub(crate) fn rows(
        &self,
        schema: &str,
        name: &str,
        columns: Option<Vec<String>>,
    ) -> Result<TableRows, CatalogError> {
        let failed = |e| error::of_file(&self.path, e);
        let table = self.database.table(schema, name).map_err(failed)?;
        let scan = table.scan(&ScanOptions { columns, ..ScanOptions::default() }).map_err(failed)?;
        Ok(TableRows { path: self.path.clone(), table: table.clone(), scan: Some(scan) })
    }

    async fn load(&self, sqlite: &mut Loaded, schema: &str, name: &str) -> Result<(), CatalogError> {
        let key = (schema.to_lowercase(), name.to_lowercase());
        if sqlite.tables.contains(&key) {
            return Ok(());
        }
        // A statement over a table that is missing says so itself.
        let Some(table) = self.table(schema, name) else { return Ok(()) };
        let columns = stored_columns(table).count();
        if columns > MAX_COLUMNS {
            let message =
                format!("the table {name} has {columns} columns, and {MAX_COLUMNS} can be read of a DuckDB file");
            return Err(CatalogError::new(FailureKind::Unsupported, message)
                .with_hint("flush the lake's inlined data with DuckDB first"));
        }
        let failed = |e| run_error("copying the catalog to memory", e);
        let into = format!("{}.{}", quote(schema), quote(name));
        let mut rows = self.rows(schema, name, None)?;
        // Rolled back if this is given up half-way.
        let mut tx = sqlite.connection.begin().await.map_err(failed)?;
        while let Some(batch) = rows.next().await? {
            insert(&mut tx, &into, columns, batch).await.map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
        sqlite.tables.insert(key);
        Ok(())
    }
}

/// The rows of one table, batch after batch.
pub(crate) struct TableRows {
    path: PathBuf,
    table: Table,
    scan: Option<Scan>,
}

impl TableRows {
    /// The next rows, `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Vec<Cell>>>, CatalogError> {
        let Some(mut scan) = self.scan.take() else { return Ok(None) };
        let table = self.table.clone();
        let decoded = tokio::task::spawn_blocking(move || {
            let batch = scan.next().transpose()?.map(|batch| cells_of(&table, &batch)).transpose()?;
            Ok((scan, batch))
        });
        let (scan, batch) =
            decoded.await.map_err(|e| error::died(&self.path, e))?.map_err(|e| error::of_file(&self.path, e))?;
        self.scan = batch.is_some().then_some(scan);
        Ok(batch)
    }
}

fn is_metadata(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("ducklake")
}

/// Names and types of a table's columns, in order.
fn stored_columns(table: &Table) -> impl Iterator<Item = (String, String)> {
    let stored = table.columns().iter().filter(|column| !column.generated);
    stored.map(|column| (column.name.clone(), column.logical_type.to_string()))
}

/// Inserts rows in statements of many.
async fn insert(
    connection: &mut SqliteConnection,
    into: &str,
    columns: usize,
    rows: Vec<Vec<Cell>>,
) -> Result<(), sqlx::Error> {
    let many = (BINDS / columns.max(1)).max(1);
    let mut rows = rows.into_iter();
    loop {
        let chunk: Vec<Vec<Cell>> = rows.by_ref().take(many).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let row = format!("({})", vec!["?"; columns].join(", "));
        let text = format!("INSERT INTO {into} VALUES {}", vec![row; chunk.len()].join(", "));
        let is_full = chunk.len() == many;
        let query = sqlx::query(AssertSqlSafe(text)).persistent(is_full);
        chunk.into_iter().flatten().fold(query, bind_sqlite).execute(&mut *connection).await?;
    }
}
