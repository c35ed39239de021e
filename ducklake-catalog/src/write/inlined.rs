//! Inlined data tables, as they are written.

use super::commit::CommitTransaction;
use super::create::insert_values;
use super::tables::MetadataTable;
use crate::driver::Cell;
use crate::error::CatalogError;
use crate::inlined::{InlinedTable, delete_table};
use crate::layout::probe_tables;

impl CommitTransaction<'_> {
    /// Creates an inlined data table with these columns (name, physical type) and registers it; gives its name.
    ///
    /// # Errors
    /// Database failures.
    pub async fn create_inlined_table(
        &mut self,
        table: i64,
        schema_version: i64,
        columns: &[(String, String)],
    ) -> Result<String, CatalogError> {
        let name = format!("ducklake_inlined_data_{table}_{schema_version}");
        let mut sql = self.catalog.sql();
        sql.push("CREATE TABLE ").table(&name).push(" (");
        for (index, bookkeeping) in ["row_id", "begin_snapshot", "end_snapshot"].iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" }).ident(bookkeeping).push(" BIGINT");
        }
        for (column, physical) in columns {
            sql.push(", ").ident(column).push(" ").push(physical);
        }
        sql.push(")");
        self.tx.execute("creating an inlined data table", sql).await?;
        let row = vec![Cell::Int(table), Cell::Text(name.clone()), Cell::Int(schema_version)];
        self.insert(MetadataTable::InlinedDataTables, vec![row]).await?;
        Ok(name)
    }

    /// Inserts rows into an inlined data table: cells after (row id, begin snapshot, end snapshot NULL).
    ///
    /// # Errors
    /// Database failures; `MissingTable` where the table is gone.
    pub async fn insert_inlined(
        &mut self,
        name: &str,
        columns: &[(String, String)],
        snapshot: i64,
        rows: Vec<(i64, Vec<Cell>)>,
    ) -> Result<(), CatalogError> {
        let mut declared = vec![("row_id", "BIGINT"), ("begin_snapshot", "BIGINT"), ("end_snapshot", "BIGINT")];
        declared.extend(columns.iter().map(|(name, physical)| (name.as_str(), physical.as_str())));
        let rows = rows
            .into_iter()
            .map(|(row_id, cells)| {
                [Cell::Int(row_id), Cell::Int(snapshot), Cell::Null].into_iter().chain(cells).collect()
            })
            .collect();
        let sql = self.catalog.sql();
        insert_values(&mut self.tx, sql, "writing inlined data", name, &declared, rows).await
    }

    /// Ends live rows of an inlined data table; gives how many there were.
    ///
    /// # Errors
    /// Database failures.
    pub async fn end_inlined(&mut self, name: &str, snapshot: i64, row_ids: &[i64]) -> Result<u64, CatalogError> {
        let mut ended = 0;
        for ids in row_ids.chunks(10_000) {
            let mut sql = self.catalog.sql();
            sql.push("UPDATE ").table(name).push(" SET end_snapshot = ").bind_typed(Cell::Int(snapshot), "BIGINT");
            // Not the new versions of the same commit, which have the same row ids.
            sql.push(" WHERE end_snapshot IS NULL AND begin_snapshot < ").bind(snapshot);
            sql.push(" AND row_id IN ").list(ids.iter().copied());
            ended += self.tx.execute("ending inlined rows", sql).await?;
        }
        Ok(ended)
    }

    /// Writes deletes of rows in data files as (data file id, position), creating the table for them on first use.
    ///
    /// # Errors
    /// Database failures.
    pub async fn insert_inlined_deletes(
        &mut self,
        table: i64,
        snapshot: i64,
        deletes: &[(i64, i64)],
    ) -> Result<(), CatalogError> {
        let name = delete_table(table);
        let columns = [("file_id", "BIGINT"), ("row_id", "BIGINT"), ("begin_snapshot", "BIGINT")];
        let mut sql = self.catalog.sql();
        sql.push("CREATE TABLE IF NOT EXISTS ").table(&name).push(" (");
        for (index, (column, declared)) in columns.iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" }).ident(column).push(" ").push(declared);
        }
        sql.push(")");
        self.tx.execute("creating the table of inlined deletes", sql).await?;
        let rows = deletes
            .iter()
            .map(|(file, position)| vec![Cell::Int(*file), Cell::Int(*position), Cell::Int(snapshot)])
            .collect();
        let sql = self.catalog.sql();
        insert_values(&mut self.tx, sql, "writing inlined deletes", &name, &columns, rows).await
    }

    /// Inlined deletes of these data files, whatever their snapshot: (data file id, position, snapshot).
    ///
    /// # Errors
    /// Database failures.
    pub async fn inlined_deletes_of(
        &mut self,
        table: i64,
        files: &[i64],
    ) -> Result<Vec<(i64, i64, i64)>, CatalogError> {
        let name = delete_table(table);
        let schema = self.catalog.schema();
        if probe_tables(&mut self.tx, self.catalog.sql(), schema, [name.clone()]).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for ids in files.chunks(10_000) {
            let mut sql = self.catalog.sql();
            sql.push("SELECT d.file_id, d.row_id, d.begin_snapshot FROM ").table(&name);
            sql.push(" d WHERE d.file_id IN ").list(ids.iter().copied());
            for mut row in self.tx.query("reading inlined deletes", sql).await? {
                found.push((row.i64("file_id")?, row.i64("row_id")?, row.i64("begin_snapshot")?));
            }
        }
        Ok(found)
    }

    /// Removes rows of an inlined data table that were inserted up to a snapshot, and not ended after it; gives how many.
    ///
    /// # Errors
    /// Database failures.
    pub async fn remove_inlined(&mut self, table: &InlinedTable, snapshot: i64) -> Result<u64, CatalogError> {
        let [_, begin, end] = &table.bookkeeping;
        let mut sql = self.catalog.sql();
        sql.push("DELETE FROM ").table(&table.name).push(" WHERE ").ident(begin).push(" <= ").bind(snapshot);
        sql.push(" AND (").ident(end).push(" IS NULL OR ").ident(end).push(" <= ").bind(snapshot).push(")");
        self.tx.execute("removing flushed rows", sql).await
    }

    /// Removes inlined deletes of data files whose positions moved into a delete file; gives how many.
    ///
    /// # Errors
    /// Database failures.
    pub async fn remove_inlined_deletes(&mut self, table: i64, files: &[i64]) -> Result<u64, CatalogError> {
        let mut removed = 0;
        for ids in files.chunks(10_000) {
            let mut sql = self.catalog.sql();
            sql.push("DELETE FROM ").table(&delete_table(table)).push(" WHERE file_id IN ").list(ids.iter().copied());
            removed += self.tx.execute("moving inlined deletes", sql).await?;
        }
        Ok(removed)
    }

    /// The registered inlined data table of a table with the greatest schema version, with its data columns.
    ///
    /// # Errors
    /// Database failures.
    pub async fn newest_inlined_table(
        &mut self,
        table: i64,
    ) -> Result<Option<(String, i64, Vec<(String, String)>)>, CatalogError> {
        let mut sql = self.catalog.sql();
        sql.push("SELECT i.table_name, i.schema_version FROM ").table("ducklake_inlined_data_tables");
        sql.push(" i WHERE i.table_id = ").bind(table).push(" ORDER BY i.schema_version DESC LIMIT 1");
        let Some(mut row) = self.tx.query("reading inlined data tables", sql).await?.into_iter().next() else {
            return Ok(None);
        };
        let (name, version) = (row.text("table_name")?, row.opt_i64()?.unwrap_or_default());
        let schema = self.catalog.schema();
        let mut physical = probe_tables(&mut self.tx, self.catalog.sql(), schema, [name.clone()]).await?;
        let columns = physical.remove(&name).unwrap_or_default();
        Ok((!columns.is_empty()).then(|| (name, version, columns.into_iter().skip(3).collect())))
    }
}
