//! A new catalog, as the reference makes it (DuckLake spec, "Initialising a lake").

use std::time::Duration;

use ducklake_format::paths;

use super::tables::MetadataTable;
use crate::catalog::{Catalog, CatalogOptions};
use crate::dialect::Dialect;
use crate::driver::{Cell, Database, DbTransaction};
use crate::error::{CatalogError, FailureKind};
use crate::layout::probe_tables;
use crate::sql::{Sql, quote};
use crate::uri::CatalogUri;

/// How long another process may take that creates the same catalog.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a new lake is given for life.
#[derive(Debug, Clone, Default)]
pub struct CreateOptions {
    /// Schema for the metadata tables, made where it does not exist; the database's default if absent.
    pub metadata_schema: Option<String>,
    /// Where data files go. It is stored as given but for one trailing separator.
    pub data_path: String,
    /// Whether every file is encrypted.
    pub encrypted: bool,
    /// Product and version.
    pub created_by: String,
    /// Time of the first snapshot, as the catalog is to have it.
    pub time: String,
    /// UUID of the schema `main`.
    pub schema_uuid: String,
}

impl Catalog {
    /// Creates a catalog of format 1.0 with an empty schema `main`, in one transaction, and opens it. A SQLite file is
    /// made where there is none, in WAL mode; a PostgreSQL database has to exist. False where another process was
    /// first: then its catalog is opened.
    ///
    /// # Errors
    /// `Denied`, `Unreachable` or other database failures, `Unsupported` for DuckDB files; nothing is left half made.
    pub async fn create(uri: &CatalogUri, options: &CreateOptions) -> Result<(Self, bool), CatalogError> {
        if let CatalogUri::Sqlite(path) = uri
            && std::fs::metadata(path).map_or(true, |m| m.len() == 0)
        {
            Database::create_sqlite(path).await?;
        }
        uri.check_creatable()?;
        let database = Database::connect(uri, None).await?;
        let dialect = database.dialect();
        let schema = options.metadata_schema.clone().unwrap_or_else(|| dialect.default_schema.to_string());
        let mut tx = database.begin_write(PATIENCE).await?;
        let created = create_in(&mut tx, dialect, &schema, options).await;
        let is_new = match created {
            Ok(true) => tx.commit().await.map(|()| true),
            Ok(false) => {
                tx.rollback().await;
                Ok(false)
            }
            Err(error) => {
                tx.rollback().await;
                Err(error)
            }
        };
        database.close().await;
        let is_new = is_new?;
        let options = CatalogOptions { metadata_schema: options.metadata_schema.clone(), busy_timeout: None };
        Ok((Self::open(uri, &options).await?, is_new))
    }
}

async fn create_in(
    tx: &mut DbTransaction,
    dialect: &'static Dialect,
    schema: &str,
    options: &CreateOptions,
) -> Result<bool, CatalogError> {
    lock_writers(tx, Sql::new(dialect, schema)).await?;
    let name = MetadataTable::Metadata.definition().name.to_string();
    if !probe_tables(tx, Sql::new(dialect, schema), schema, [name]).await?.is_empty() {
        return Ok(false);
    }
    if options.metadata_schema.is_some() && dialect.lock_writers.is_some() {
        let mut sql = Sql::new(dialect, schema);
        sql.push("CREATE SCHEMA IF NOT EXISTS ").ident(schema);
        tx.execute("creating the metadata schema", sql).await?;
    }
    for table in MetadataTable::ALL {
        let definition = table.definition();
        let mut sql = Sql::new(dialect, schema);
        sql.push("CREATE TABLE ").table(definition.name).push(" (");
        for (index, (column, kind)) in definition.columns.iter().enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            sql.push(separator).push(&quote(column)).push(" ").push((dialect.declared)(*kind));
            if index < definition.not_null {
                sql.push(" NOT NULL");
            }
            if index == 0 && definition.primary_key {
                sql.push(" PRIMARY KEY");
            }
        }
        sql.push(")");
        tx.execute("creating the catalog's tables", sql).await.map_err(|e| match e.kind() {
            FailureKind::Denied => e.with_hint("the user needs the right to create tables in the metadata schema"),
            _ => e,
        })?;
    }
    let text = |text: &str| Cell::Text(text.to_string());
    let option = |key: &str, value: &str| vec![text(key), text(value), Cell::Null, Cell::Null];
    let data_path = paths::normalize_data_path(&options.data_path);
    let rows = [
        (
            MetadataTable::Snapshot,
            vec![vec![Cell::Int(0), text(&options.time), Cell::Int(0), Cell::Int(1), Cell::Int(0)]],
        ),
        (
            MetadataTable::SnapshotChanges,
            vec![vec![Cell::Int(0), text("created_schema:\"main\""), Cell::Null, Cell::Null, Cell::Null]],
        ),
        (
            MetadataTable::Metadata,
            vec![
                option("version", "1.0"),
                option("created_by", &options.created_by),
                option("data_path", &data_path),
                option("encrypted", if options.encrypted { "true" } else { "false" }),
            ],
        ),
        (
            MetadataTable::Schema,
            vec![vec![
                Cell::Int(0),
                text(&options.schema_uuid),
                Cell::Int(0),
                Cell::Null,
                text("main"),
                text("main/"),
                Cell::Bool(true),
            ]],
        ),
    ];
    for (table, rows) in rows {
        insert_rows(tx, dialect, schema, table, rows).await?;
    }
    Ok(true)
}

/// Waits until no other writer of ours is in its transaction.
pub(crate) async fn lock_writers(tx: &mut DbTransaction, mut sql: Sql<'_>) -> Result<(), CatalogError> {
    let Some(statement) = sql.dialect.lock_writers else { return Ok(()) };
    let statement = statement(lock_key(sql.schema()));
    sql.push(&statement);
    tx.query("waiting for other writers", sql).await.map(|_| ())
}

/// The same number for the same metadata schema, in every process: FNV-1a.
fn lock_key(schema: &str) -> i64 {
    let hash = format!("quacklake:{schema}")
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash.cast_signed()
}

/// Inserts rows with a value for every column, in as few statements as their bound values allow.
pub(super) async fn insert_rows(
    tx: &mut DbTransaction,
    dialect: &'static Dialect,
    schema: &str,
    table: MetadataTable,
    rows: Vec<Vec<Cell>>,
) -> Result<(), CatalogError> {
    let definition = table.definition();
    let declared: Vec<(&str, &str)> =
        definition.columns.iter().map(|(name, kind)| (*name, (dialect.declared)(*kind))).collect();
    let doing = format!("writing {}", definition.name);
    insert_values(tx, Sql::new(dialect, schema), &doing, definition.name, &declared, rows).await
}

/// `INSERT … VALUES` over columns given by name and declared type.
pub(crate) async fn insert_values(
    tx: &mut DbTransaction,
    empty: Sql<'_>,
    doing: &str,
    table: &str,
    columns: &[(&str, &str)],
    rows: Vec<Vec<Cell>>,
) -> Result<(), CatalogError> {
    let dialect = empty.dialect;
    let chunk = (dialect.max_binds / columns.len().max(1)).clamp(1, 1_000);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut sql = Sql::new(dialect, empty.schema());
        sql.push("INSERT INTO ").table(table).push(" (");
        for (index, (column, _)) in columns.iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" }).ident(column);
        }
        sql.push(") VALUES ");
        for (number, row) in rows.by_ref().take(chunk).enumerate() {
            sql.push(if number > 0 { ", (" } else { "(" });
            for (index, (cell, (_, declared))) in row.into_iter().zip(columns).enumerate() {
                sql.push(if index > 0 { ", " } else { "" }).bind_typed(cell, declared);
            }
            sql.push(")");
        }
        tx.execute(doing, sql).await?;
    }
    Ok(())
}
