//! The database that a catalog is copied to.

use std::path::PathBuf;

use super::plan::{ColumnKind, CopiedTable};
use super::source::RowSource;
use super::{CellRow, PATIENCE};
use crate::dialect::Dialect;
use crate::driver::{Database, DbTransaction};
use crate::error::{CatalogError, FailureKind};
use crate::inline::Backend;
use crate::inlined::PhysicalColumn;
use crate::layout;
use crate::sql::{Sql, quote};
use crate::uri::CatalogUri;
use crate::write::{insert_values, lock_writers};

/// An open transaction that everything is written in.
#[derive(Debug)]
pub(super) struct Target {
    database: Database,
    tx: DbTransaction,
    schema: String,
    backend: Backend,
    /// A SQLite file that was not there before.
    new_file: Option<PathBuf>,
}

impl Target {
    /// Starts to write where no catalog is yet.
    pub(super) async fn open(to: &CatalogUri, schema: Option<&str>) -> Result<Self, CatalogError> {
        to.check_creatable()?;
        let mut new_file = None;
        if let CatalogUri::Sqlite(path) = to {
            let length = std::fs::metadata(path).map(|metadata| metadata.len());
            if length.as_ref().is_ok_and(|length| *length == 0) || length.is_err() {
                Database::create_sqlite(path).await?;
                new_file = length.is_err().then(|| path.clone());
            }
        }
        let opened = Self::open_database(to, schema, new_file.clone()).await;
        if let (Err(_), Some(path)) = (&opened, &new_file) {
            remove(path);
        }
        opened
    }

    async fn open_database(
        to: &CatalogUri,
        schema: Option<&str>,
        new_file: Option<PathBuf>,
    ) -> Result<Self, CatalogError> {
        let database = Database::connect(to, None).await?;
        let dialect = database.dialect();
        let backend = Backend::from_name(dialect.name).ok_or_else(|| {
            CatalogError::new(FailureKind::Unsupported, format!("a catalog cannot be copied to {to}"))
        })?;
        let name = schema.unwrap_or(dialect.default_schema).to_string();
        let tx = database.begin_write(PATIENCE).await?;
        let mut target = Self { database, tx, schema: name, backend, new_file };
        match target.prepare(to, schema.is_some()).await {
            Ok(()) => Ok(target),
            Err(error) => {
                target.give_up().await;
                Err(error)
            }
        }
    }

    async fn prepare(&mut self, to: &CatalogUri, is_named: bool) -> Result<(), CatalogError> {
        let dialect = self.dialect();
        lock_writers(&mut self.tx, Sql::new(dialect, &self.schema)).await?;
        let found = layout::probe_all(&mut self.tx, Sql::new(dialect, &self.schema), &self.schema).await?;
        if let Some(table) = found.keys().next() {
            let message = if found.contains_key("ducklake_metadata") {
                format!("there is a lake in {to} already")
            } else {
                format!("{to} has a table {table}, which a lake's would be mixed with")
            };
            return Err(CatalogError::new(FailureKind::Exists, message)
                .with_hint("copy to a new SQLite file, or to an empty database or schema of PostgreSQL"));
        }
        if is_named && dialect.lock_writers.is_some() {
            let mut sql = Sql::new(dialect, &self.schema);
            sql.push("CREATE SCHEMA IF NOT EXISTS ").ident(&self.schema);
            self.tx.execute("creating the metadata schema", sql).await?;
        }
        Ok(())
    }

    fn dialect(&self) -> &'static Dialect {
        self.database.dialect()
    }

    pub(super) fn backend(&self) -> Backend {
        self.backend
    }

    /// Creates a table of the copy.
    pub(super) async fn create(&mut self, table: &CopiedTable) -> Result<(), CatalogError> {
        let mut sql = Sql::new(self.dialect(), &self.schema);
        sql.push("CREATE TABLE ").table(&table.name).push(" (");
        for (index, (column, kind)) in table.columns.iter().zip(&table.kinds).enumerate() {
            sql.push(if index > 0 { ", " } else { "" }).push(&quote(&column.name)).push(" ");
            sql.push(declared(self.database.dialect(), kind));
            if index < table.not_null {
                sql.push(" NOT NULL");
            }
            if index == 0 && table.primary_key {
                sql.push(" PRIMARY KEY");
            }
        }
        sql.push(")");
        self.tx.execute("creating the catalog's tables", sql).await.map(|_| ()).map_err(|e| match e.kind() {
            FailureKind::Denied => e.with_hint("the user needs the right to create tables in the metadata schema"),
            _ => e,
        })
    }

    /// Adds rows to a table of the copy.
    pub(super) async fn insert(&mut self, table: &CopiedTable, rows: Vec<CellRow>) -> Result<(), CatalogError> {
        let dialect = self.dialect();
        let columns = table.columns.iter().zip(&table.kinds);
        let columns: Vec<(&str, &str)> =
            columns.map(|(column, kind)| (column.name.as_str(), declared(dialect, kind))).collect();
        let doing = format!("writing {}", table.name);
        insert_values(&mut self.tx, Sql::new(dialect, &self.schema), &doing, &table.name, &columns, rows).await
    }

    /// The rows of a table of the copy.
    pub(super) fn rows(&mut self, table: &CopiedTable) -> Result<RowSource<'_>, CatalogError> {
        let dialect = self.database.dialect();
        let columns = table.columns.iter().zip(&table.kinds);
        let columns = columns.map(|(column, kind)| PhysicalColumn {
            name: column.name.clone(),
            declared: declared(dialect, kind).to_string(),
        });
        let columns: Vec<PhysicalColumn> = columns.collect();
        RowSource::open(&mut self.tx, Sql::new(dialect, &self.schema), &table.name, &columns)
    }

    /// Makes the copy permanent.
    pub(super) async fn commit(self) -> Result<(), CatalogError> {
        let committed = self.tx.commit().await;
        self.database.close().await;
        committed
    }

    /// Takes everything back.
    pub(super) async fn give_up(self) {
        self.tx.rollback().await;
        self.database.close().await;
        if let Some(path) = &self.new_file {
            remove(path);
        }
    }
}

fn declared<'a>(dialect: &Dialect, kind: &'a ColumnKind) -> &'a str {
    match kind {
        ColumnKind::Metadata(kind) => (dialect.declared)(*kind),
        ColumnKind::Inlined(declared) => declared,
    }
}

/// Removes a SQLite file that holds nothing, which is no harm if it stays.
fn remove(path: &std::path::Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_os_string();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
}
