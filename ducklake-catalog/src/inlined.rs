//! Inlined data and inlined deletes.

use crate::catalog::Catalog;
use crate::driver::{Cell, DbTransaction};
use crate::error::CatalogError;
use crate::layout::PhysicalTables;
use crate::sql::quote;
use crate::tables::TableFacts;

/// A column of an inlined table as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhysicalColumn {
    /// Name.
    pub name: String,
    /// Declared type.
    pub declared: String,
}

/// An inlined data table that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlinedTable {
    /// Name in the metadata schema.
    pub name: String,
    /// Schema version whose columns it has.
    pub schema_version: i64,
    /// The three bookkeeping columns' names: row id, begin snapshot, end snapshot (1.1-dev renames them).
    pub bookkeeping: [String; 3],
    /// The data columns, after the three bookkeeping columns.
    pub columns: Vec<PhysicalColumn>,
}

impl InlinedTable {
    pub(crate) fn new(name: String, schema_version: i64, physical: &mut PhysicalTables) -> Result<Self, CatalogError> {
        let columns = physical.remove(&name).ok_or_else(|| {
            CatalogError::invalid(format!(
                "the inlined data table '{name}' is registered but does not exist; its rows are lost"
            ))
            .with_hint("restore the catalog from a backup, or remove the row from ducklake_inlined_data_tables")
        })?;
        let mut columns = columns.into_iter();
        let mut next = || {
            columns.next().map(|(name, _)| name).ok_or_else(|| {
                CatalogError::invalid(format!("the inlined data table '{name}' lacks its row id and snapshot columns"))
            })
        };
        let bookkeeping = [next()?, next()?, next()?];
        let columns = columns.map(|(name, declared)| PhysicalColumn { name, declared }).collect();
        Ok(Self { name, schema_version, bookkeeping, columns })
    }
}

/// Name of the table of inlined deletes of a table.
pub(crate) fn delete_table(table: i64) -> String {
    format!("ducklake_inlined_delete_{table}")
}

/// Rows of one inlined table visible at a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct InlinedRows {
    /// Where they are.
    pub table: InlinedTable,
    /// (row id, begin snapshot) of each row.
    pub ids: Vec<(i64, i64)>,
    /// Cells of each row, in the order of `table.columns`.
    pub cells: Vec<Vec<Cell>>,
}

/// Rows of one inlined table with what became of them.
#[derive(Debug, Clone, PartialEq)]
pub struct InlinedHistory {
    /// The rows, by row id and begin snapshot.
    pub rows: InlinedRows,
    /// End snapshot of each row.
    pub ends: Vec<Option<i64>>,
}

/// What a table has in the catalog instead of in files.
#[derive(Debug, Clone, Default)]
pub struct TableHistory {
    /// Columns of all snapshots, partition specs, inlined tables.
    pub facts: TableFacts,
    /// Inlined tables that have rows.
    pub tables: Vec<InlinedHistory>,
    /// Inlined deletes: (data file id, position, snapshot).
    pub deletes: Vec<(i64, i64, i64)>,
    /// First snapshot and id of each partition spec that the table ever had, in order.
    pub partitions: Vec<(i64, i64)>,
}

/// Deleted positions of data files, from the table of inlined deletes: (data file id, position).
pub type InlinedDeletes = Vec<(i64, i64)>;

impl Catalog {
    pub(crate) async fn inlined_rows_in(
        &self,
        tx: &mut DbTransaction,
        table: &InlinedTable,
        snapshot: i64,
    ) -> Result<InlinedRows, CatalogError> {
        let history = self.inlined_history_in(tx, table, snapshot, false).await?;
        Ok(history.rows)
    }

    /// Rows that were inserted up to a snapshot: those it sees, or those ended before too.
    async fn inlined_history_in(
        &self,
        tx: &mut DbTransaction,
        table: &InlinedTable,
        snapshot: i64,
        with_ended: bool,
    ) -> Result<InlinedHistory, CatalogError> {
        let mut sql = self.sql();
        let [row_id, begin, end] = &table.bookkeeping;
        sql.push("SELECT ").ident(row_id).push(", ").ident(begin).push(", ").ident(end);
        for column in &table.columns {
            let expr = (sql.dialect.inlined_value)(&quote(&column.name), &column.declared);
            sql.push(", ").push(&expr);
        }
        sql.push(" FROM ").table(&table.name).push(" WHERE ").ident(begin).push(" <= ").bind(snapshot);
        if !with_ended {
            sql.push(" AND (").ident(end).push(" IS NULL OR ").ident(end).push(" > ").bind(snapshot).push(")");
        }
        sql.push(" ORDER BY ").ident(row_id).push(", ").ident(begin);
        let (mut ids, mut ends, mut cells) = (Vec::new(), Vec::new(), Vec::new());
        for mut row in tx.query("reading inlined data", sql).await? {
            ids.push((row.i64("row_id")?, row.i64("begin_snapshot")?));
            ends.push(row.opt_i64()?.filter(|end| *end <= snapshot));
            cells.push(row.rest());
        }
        Ok(InlinedHistory { rows: InlinedRows { table: table.clone(), ids, cells }, ends })
    }

    /// Everything of a table that is kept in the catalog up to a snapshot, as a flush needs it.
    ///
    /// # Errors
    /// Database failures.
    pub async fn inlined_history(&self, table: i64, snapshot: i64) -> Result<TableHistory, CatalogError> {
        let mut tx = self.begin().await?;
        // What is known from before may name tables that DuckDB dropped since.
        let facts = self.table_facts_in(&mut tx, table).await?;
        let mut history = TableHistory::default();
        for inlined in &facts.inlined_tables {
            let rows = self.inlined_history_in(&mut tx, inlined, snapshot, true).await?;
            if !rows.ends.is_empty() {
                history.tables.push(rows);
            }
        }
        if facts.has_inlined_deletes {
            let mut sql = self.sql();
            sql.push("SELECT d.file_id, d.row_id, d.begin_snapshot FROM ").table(&delete_table(table));
            sql.push(" d WHERE d.begin_snapshot <= ").bind(snapshot).push(" ORDER BY d.file_id, d.row_id");
            for mut row in tx.query("reading inlined deletes", sql).await? {
                history.deletes.push((row.i64("file_id")?, row.i64("row_id")?, row.i64("begin_snapshot")?));
            }
        }
        let mut sql = self.sql();
        sql.push("SELECT p.begin_snapshot, p.partition_id FROM ").table("ducklake_partition_info");
        sql.push(" p WHERE p.table_id = ").bind(table).push(" ORDER BY p.begin_snapshot, p.partition_id");
        for mut row in tx.query("reading partition specs", sql).await? {
            history.partitions.push((row.i64("begin_snapshot")?, row.i64("partition_id")?));
        }
        tx.finish().await;
        history.facts = facts;
        Ok(history)
    }

    pub(crate) async fn inlined_deletes_in(
        &self,
        tx: &mut DbTransaction,
        table: i64,
        snapshot: i64,
    ) -> Result<InlinedDeletes, CatalogError> {
        let mut sql = self.sql();
        sql.push("SELECT d.file_id, d.row_id FROM ").table(&delete_table(table));
        sql.push(" d WHERE d.begin_snapshot <= ").bind(snapshot).push(" ORDER BY d.file_id, d.row_id");
        let rows = tx.query("reading inlined deletes", sql).await?;
        rows.into_iter().map(|mut row| Ok((row.i64("file_id")?, row.i64("row_id")?))).collect()
    }
}
