//! The rows of one commit, in one database transaction. What is written is decided by the caller.

use std::collections::HashMap;
use std::time::Duration;

use ducklake_format::stats::TableColumnStatistics;

use super::create::{insert_rows, lock_writers};
use super::tables::MetadataTable;
use crate::catalog::Catalog;
use crate::driver::{Cell, Database, DbTransaction};
use crate::error::{CatalogError, FailureKind};
use crate::metadata::FormatVersion;
use crate::snapshot::{Snapshot, SnapshotChanges};

/// A row of `ducklake_table_stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableStatsRow {
    /// Rows ever written; deletes are not subtracted.
    pub record_count: i64,
    /// Next free row id.
    pub next_row_id: i64,
    /// Bytes of data files.
    pub file_size_bytes: i64,
}

/// A live data file with its live delete file, as a commit finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteFileState {
    /// The data file.
    pub data_file_id: i64,
    /// The delete file, if there is one.
    pub delete_file_id: Option<i64>,
    /// First snapshot of the delete file.
    pub begin_snapshot: Option<i64>,
}

/// A transaction that writes a commit's rows. Nothing is visible to others before [`CommitTransaction::commit`].
#[derive(Debug)]
pub struct CommitTransaction<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) tx: DbTransaction,
}

impl Catalog {
    /// Starts to write a commit. Our own writers queue here; DuckDB's do not on PostgreSQL, where the primary key of
    /// `ducklake_snapshot` decides.
    ///
    /// # Errors
    /// `Busy` after `patience`, `Denied`, `Unreachable`; `Unsupported` for lakes of other formats than 1.0.
    pub async fn begin_commit(&self, patience: Duration) -> Result<CommitTransaction<'_>, CatalogError> {
        self.check_writable()?;
        let mut tx = self.database().begin_write(patience).await?;
        lock_writers(&mut tx, self.sql()).await?;
        Ok(CommitTransaction { catalog: self, tx })
    }

    /// Refuses catalogs in DuckDB files, and lakes whose format this crate does not write.
    ///
    /// # Errors
    /// `Unsupported`, with what to do instead.
    pub fn check_writable(&self) -> Result<(), CatalogError> {
        if let Database::DuckDb(file) = self.database() {
            return Err(file.read_only());
        }
        let metadata = self.metadata();
        if metadata.version == FormatVersion::V1_0 {
            return Ok(());
        }
        let message = format!("the lake has format version {}, and only 1.0 can be written", metadata.version_text);
        let hint = if metadata.version < FormatVersion::V1_0 {
            "migrate it first: ATTACH it in DuckDB with AUTOMATIC_MIGRATION true (reading works without)"
        } else {
            "a newer release may write it; reading works"
        };
        Err(CatalogError::new(FailureKind::Unsupported, message).with_hint(hint))
    }

    /// Whether the snapshot of exactly this id and time is there: what a writer asks that lost its connection while
    /// it committed. That connection's transaction is over when there is an answer.
    ///
    /// # Errors
    /// `Busy` where it is not over after `patience`; other database failures.
    pub async fn has_committed(
        &self,
        snapshot: &Snapshot,
        changes: &SnapshotChanges,
        patience: Duration,
    ) -> Result<bool, CatalogError> {
        let mut tx = if self.database().dialect().lock_writers.is_some() {
            // A server may get a COMMIT when its sender is gone long since. Until then it holds the writers' lock.
            let mut tx = self.database().begin_write(patience).await?;
            lock_writers(&mut tx, self.sql()).await?;
            tx
        } else {
            self.begin().await?
        };
        let mut sql = self.sql();
        sql.push("SELECT s.schema_version, s.next_catalog_id, s.next_file_id, c.changes_made FROM ");
        sql.table("ducklake_snapshot").push(" s LEFT JOIN ").table("ducklake_snapshot_changes");
        sql.push(" c ON c.snapshot_id = s.snapshot_id WHERE s.snapshot_id = ").bind(snapshot.id);
        let time = MetadataTable::Snapshot.definition().columns[1].1;
        let declared = (sql.dialect.declared)(time);
        sql.push(" AND s.snapshot_time = ").bind_typed(Cell::Text(snapshot.time.clone()), declared);
        let row = tx.query("looking for the commit", sql).await?.into_iter().next();
        tx.finish().await;
        let Some(mut row) = row else { return Ok(false) };
        let counters = (row.opt_i64()?, row.opt_i64()?, row.opt_i64()?);
        let ours = (Some(snapshot.schema_version), Some(snapshot.next_catalog_id), Some(snapshot.next_file_id));
        Ok(counters == ours && row.opt_text() == changes.changes_made)
    }
}

impl CommitTransaction<'_> {
    /// The newest snapshot.
    ///
    /// # Errors
    /// Database failures.
    pub async fn head(&mut self) -> Result<Snapshot, CatalogError> {
        self.catalog.head_in(&mut self.tx).await
    }

    /// What was committed after `base`: (snapshot, change list), oldest first.
    ///
    /// # Errors
    /// Database failures.
    pub async fn changes_after(&mut self, base: i64) -> Result<Vec<(i64, Option<String>)>, CatalogError> {
        let mut sql = self.catalog.sql();
        sql.push("SELECT s.snapshot_id, c.changes_made FROM ").table("ducklake_snapshot").push(" s LEFT JOIN ");
        sql.table("ducklake_snapshot_changes").push(" c ON c.snapshot_id = s.snapshot_id WHERE s.snapshot_id > ");
        sql.bind(base).push(" ORDER BY s.snapshot_id");
        let rows = self.tx.query("reading what others committed", sql).await?;
        rows.into_iter().map(|mut row| Ok((row.i64("snapshot_id")?, row.opt_text()))).collect()
    }

    /// Takes the id of the new snapshot; false where another writer has it. On PostgreSQL this waits for a writer that
    /// is committing the same id. From here on no other commit can happen before this one ends.
    ///
    /// # Errors
    /// Database failures.
    pub async fn insert_snapshot(&mut self, snapshot: &Snapshot) -> Result<bool, CatalogError> {
        let row = vec![
            Cell::Int(snapshot.id),
            Cell::Text(snapshot.time.clone()),
            Cell::Int(snapshot.schema_version),
            Cell::Int(snapshot.next_catalog_id),
            Cell::Int(snapshot.next_file_id),
        ];
        match self.insert(MetadataTable::Snapshot, vec![row]).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == FailureKind::LostRace => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Corrects the counters of the snapshot just inserted.
    ///
    /// # Errors
    /// Database failures.
    pub async fn update_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), CatalogError> {
        let mut sql = self.catalog.sql();
        sql.push("UPDATE ").table("ducklake_snapshot").push(" SET schema_version = ").bind(snapshot.schema_version);
        sql.push(", next_catalog_id = ").bind(snapshot.next_catalog_id);
        sql.push(", next_file_id = ").bind(snapshot.next_file_id);
        sql.push(" WHERE snapshot_id = ").bind(snapshot.id);
        self.tx.execute("writing the snapshot", sql).await.map(|_| ())
    }

    /// Inserts rows; each has a value for every column of the table, in the table's order.
    ///
    /// # Errors
    /// Database failures.
    pub async fn insert(&mut self, table: MetadataTable, rows: Vec<Vec<Cell>>) -> Result<(), CatalogError> {
        let sql = self.catalog.sql();
        insert_rows(&mut self.tx, sql.dialect, self.catalog.schema(), table, rows).await
    }

    /// Ends the live rows of a versioned table whose `key` is one of `ids`; gives how many there were.
    ///
    /// # Errors
    /// Database failures.
    pub async fn end(
        &mut self,
        table: MetadataTable,
        key: &str,
        ids: &[i64],
        snapshot: i64,
    ) -> Result<u64, CatalogError> {
        self.end_where(table, snapshot, key, ids, &[]).await
    }

    /// As [`CommitTransaction::end`], of rows that also have these values: (column, value).
    ///
    /// # Errors
    /// Database failures.
    pub async fn end_where(
        &mut self,
        table: MetadataTable,
        snapshot: i64,
        key: &str,
        ids: &[i64],
        also: &[(&str, Cell)],
    ) -> Result<u64, CatalogError> {
        let name = table.definition().name;
        let mut ended = 0;
        for ids in ids.chunks(10_000) {
            let mut sql = self.catalog.sql();
            sql.push("UPDATE ").table(name).push(" SET end_snapshot = ").bind_typed(Cell::Int(snapshot), "BIGINT");
            sql.push(" WHERE end_snapshot IS NULL AND ").ident(key).push(" IN ").list(ids.iter().copied());
            for (column, value) in also {
                sql.push(" AND ").ident(column).push(" = ").bind(value.clone());
            }
            ended += self.tx.execute(&format!("ending rows of {name}"), sql).await?;
        }
        Ok(ended)
    }

    /// Removes rows by id; gives how many there were.
    ///
    /// # Errors
    /// Database failures.
    pub async fn remove(&mut self, table: MetadataTable, key: &str, ids: &[i64]) -> Result<u64, CatalogError> {
        let name = table.definition().name;
        let mut removed = 0;
        for ids in ids.chunks(10_000) {
            let mut sql = self.catalog.sql();
            sql.push("DELETE FROM ").table(name).push(" WHERE ").ident(key).push(" IN ").list(ids.iter().copied());
            removed += self.tx.execute(&format!("removing rows of {name}"), sql).await?;
        }
        Ok(removed)
    }

    /// Statistics of tables: the table's row and its columns' rows.
    ///
    /// # Errors
    /// Database failures.
    pub async fn table_statistics(
        &mut self,
        tables: &[i64],
    ) -> Result<HashMap<i64, (TableStatsRow, HashMap<i64, TableColumnStatistics>)>, CatalogError> {
        let mut sql = self.catalog.sql();
        sql.push(
            "SELECT t.table_id, t.record_count, t.next_row_id, t.file_size_bytes, c.column_id, c.contains_null, \
             c.contains_nan, c.min_value, c.max_value, c.extra_stats FROM ",
        );
        sql.table("ducklake_table_stats").push(" t LEFT JOIN ").table("ducklake_table_column_stats");
        sql.push(" c ON c.table_id = t.table_id WHERE t.table_id IN ").list(tables.iter().copied());
        let mut found = HashMap::new();
        for mut row in self.tx.query("reading table statistics", sql).await? {
            let table = row.i64("table_id")?;
            let stats = TableStatsRow {
                record_count: row.opt_i64()?.unwrap_or_default(),
                next_row_id: row.opt_i64()?.unwrap_or_default(),
                file_size_bytes: row.opt_i64()?.unwrap_or_default(),
            };
            let (_, columns) = found.entry(table).or_insert_with(|| (stats, HashMap::new()));
            let Some(column_id) = row.opt_i64()? else { continue };
            let stats = TableColumnStatistics {
                column_id,
                contains_null: row.opt_bool(),
                contains_nan: row.opt_bool(),
                min_value: row.opt_text(),
                max_value: row.opt_text(),
                extra_stats: row.opt_text(),
            };
            columns.insert(column_id, stats);
        }
        Ok(found)
    }

    /// Writes a table's statistics: its row, and the rows of columns that are new or that changed. Columns of `removed`
    /// lose theirs.
    ///
    /// # Errors
    /// Database failures.
    pub async fn write_table_statistics(
        &mut self,
        table: i64,
        is_new: bool,
        stats: TableStatsRow,
        new: Vec<TableColumnStatistics>,
        changed: Vec<TableColumnStatistics>,
        removed: &[i64],
    ) -> Result<(), CatalogError> {
        if is_new {
            let row = [table, stats.record_count, stats.next_row_id, stats.file_size_bytes];
            self.insert(MetadataTable::TableStats, vec![row.map(Cell::Int).to_vec()]).await?;
        } else {
            let mut sql = self.catalog.sql();
            sql.push("UPDATE ").table("ducklake_table_stats").push(" SET record_count = ").bind(stats.record_count);
            sql.push(", next_row_id = ").bind(stats.next_row_id);
            sql.push(", file_size_bytes = ").bind(stats.file_size_bytes);
            sql.push(" WHERE table_id = ").bind(table);
            self.tx.execute("writing table statistics", sql).await?;
        }
        if !removed.is_empty() {
            let mut sql = self.catalog.sql();
            sql.push("DELETE FROM ").table("ducklake_table_column_stats").push(" WHERE table_id = ").bind(table);
            sql.push(" AND column_id IN ").list(removed.iter().copied());
            self.tx.execute("writing column statistics", sql).await?;
        }
        for changed in changed.chunks(1_000) {
            self.update_column_statistics(table, changed).await?;
        }
        let rows = new.into_iter().map(|stats| column_statistics_row(table, stats)).collect();
        self.insert(MetadataTable::TableColumnStats, rows).await
    }

    async fn update_column_statistics(
        &mut self,
        table: i64,
        changed: &[TableColumnStatistics],
    ) -> Result<(), CatalogError> {
        let columns = MetadataTable::TableColumnStats.definition().columns;
        let mut sql = self.catalog.sql();
        let dialect = sql.dialect;
        sql.push("UPDATE ").table("ducklake_table_column_stats").push(" AS c SET ");
        for (index, (column, _)) in columns.iter().enumerate().skip(2) {
            sql.push(if index > 2 { ", " } else { "" }).ident(column);
            // Both databases give the columns of VALUES these names.
            sql.push(&format!(" = v.column{}", index + 1));
        }
        sql.push(" FROM (VALUES ");
        for (number, stats) in changed.iter().enumerate() {
            sql.push(if number > 0 { ", (" } else { "(" });
            let row = column_statistics_row(table, stats.clone());
            for (index, (cell, (_, kind))) in row.into_iter().zip(columns).enumerate() {
                sql.push(if index > 0 { ", " } else { "" }).bind_typed(cell, (dialect.declared)(*kind));
            }
            sql.push(")");
        }
        sql.push(") v WHERE c.table_id = v.column1 AND c.column_id = v.column2");
        self.tx.execute("writing column statistics", sql).await.map(|_| ())
    }

    /// Removes all statistics of columns, of the table and of its files: their text would be read wrongly.
    ///
    /// # Errors
    /// Database failures.
    pub async fn remove_statistics(&mut self, table: i64, columns: &[i64]) -> Result<(), CatalogError> {
        for name in ["ducklake_table_column_stats", "ducklake_file_column_stats"] {
            let mut sql = self.catalog.sql();
            sql.push("DELETE FROM ").table(name).push(" WHERE table_id = ").bind(table);
            sql.push(" AND column_id IN ").list(columns.iter().copied());
            self.tx.execute("removing statistics", sql).await?;
        }
        Ok(())
    }

    /// Which of these data files are live, each with its live delete files.
    ///
    /// # Errors
    /// Database failures.
    pub async fn live_files(&mut self, files: &[i64]) -> Result<Vec<DeleteFileState>, CatalogError> {
        let mut found = Vec::new();
        for ids in files.chunks(10_000) {
            let mut sql = self.catalog.sql();
            sql.push("SELECT f.data_file_id, d.delete_file_id, d.begin_snapshot FROM ").table("ducklake_data_file");
            sql.push(" f LEFT JOIN ").table("ducklake_delete_file");
            sql.push(" d ON d.data_file_id = f.data_file_id AND d.end_snapshot IS NULL");
            sql.push(" WHERE f.end_snapshot IS NULL AND f.data_file_id IN ").list(ids.iter().copied());
            for mut row in self.tx.query("checking the files to change", sql).await? {
                found.push(DeleteFileState {
                    data_file_id: row.i64("data_file_id")?,
                    delete_file_id: row.opt_i64()?,
                    begin_snapshot: row.opt_i64()?,
                });
            }
        }
        Ok(found)
    }

    /// First snapshots of the live rows of these tables.
    ///
    /// # Errors
    /// Database failures.
    pub async fn live_tables(&mut self, tables: &[i64]) -> Result<HashMap<i64, i64>, CatalogError> {
        let mut found = HashMap::new();
        for ids in tables.chunks(10_000) {
            let mut sql = self.catalog.sql();
            sql.push("SELECT t.table_id, t.begin_snapshot FROM ").table("ducklake_table");
            sql.push(" t WHERE t.end_snapshot IS NULL AND t.table_id IN ").list(ids.iter().copied());
            for mut row in self.tx.query("checking the tables to change", sql).await? {
                found.insert(row.i64("table_id")?, row.opt_i64()?.unwrap_or_default());
            }
        }
        Ok(found)
    }

    /// Columns of these tables that are live: (table, column).
    ///
    /// # Errors
    /// Database failures.
    pub async fn live_columns(&mut self, tables: &[i64]) -> Result<Vec<(i64, i64)>, CatalogError> {
        let mut found = Vec::new();
        for ids in tables.chunks(10_000) {
            let mut sql = self.catalog.sql();
            sql.push("SELECT c.table_id, c.column_id FROM ").table("ducklake_column").push(" c JOIN ");
            sql.table("ducklake_table").push(" t ON t.table_id = c.table_id AND t.end_snapshot IS NULL");
            sql.push(" WHERE c.end_snapshot IS NULL AND c.table_id IN ").list(ids.iter().copied());
            for mut row in self.tx.query("checking the columns of tables", sql).await? {
                found.push((row.i64("table_id")?, row.i64("column_id")?));
            }
        }
        Ok(found)
    }

    /// Live tags of this key that were set after a snapshot: (object, first snapshot).
    ///
    /// # Errors
    /// Database failures.
    pub async fn tags_since(&mut self, key: &str, base: i64) -> Result<Vec<(i64, i64)>, CatalogError> {
        let mut sql = self.catalog.sql();
        sql.push("SELECT g.object_id, g.begin_snapshot FROM ").table("ducklake_tag");
        sql.push(" g WHERE g.end_snapshot IS NULL AND g.key = ").bind(key).push(" AND g.begin_snapshot > ").bind(base);
        let rows = self.tx.query("checking tags", sql).await?;
        rows.into_iter().map(|mut row| Ok((row.i64("object_id")?, row.i64("begin_snapshot")?))).collect()
    }

    /// UUID of a live view.
    ///
    /// # Errors
    /// Database failures.
    pub async fn view_uuid(&mut self, view: i64) -> Result<Option<String>, CatalogError> {
        let mut sql = self.catalog.sql();
        let uuid = (sql.dialect.as_text)("v.view_uuid");
        sql.push("SELECT ").push(&uuid).push(" FROM ").table("ducklake_view");
        sql.push(" v WHERE v.end_snapshot IS NULL AND v.view_id = ").bind(view);
        let row = self.tx.query("reading a view", sql).await?.into_iter().next();
        Ok(row.and_then(|mut row| row.opt_text()))
    }

    /// Sets an option; gives whether it replaced one.
    ///
    /// # Errors
    /// Database failures.
    pub async fn set_option(&mut self, key: &str, value: &str, scope: Option<(&str, i64)>) -> Result<(), CatalogError> {
        let mut sql = self.catalog.sql();
        sql.push("UPDATE ").table("ducklake_metadata").push(" SET ").ident("value").push(" = ").bind(value);
        sql.push(" WHERE ").ident("key").push(" = ").bind(key).push(" AND ");
        match scope {
            None => sql.ident("scope").push(" IS NULL"),
            Some((scope, id)) => {
                sql.ident("scope").push(" = ").bind(scope).push(" AND ").ident("scope_id").push(" = ").bind(id)
            }
        };
        if self.tx.execute("setting an option", sql).await? > 0 {
            return Ok(());
        }
        let (scope, scope_id) = match scope {
            None => (Cell::Null, Cell::Null),
            Some((scope, id)) => (Cell::from(scope), Cell::Int(id)),
        };
        self.insert(MetadataTable::Metadata, vec![vec![Cell::from(key), Cell::from(value), scope, scope_id]]).await
    }

    /// Makes everything permanent. An error that is no [`FailureKind::Busy`] or [`FailureKind::LostRace`] leaves open
    /// whether it is: ask [`Catalog::has_committed`].
    ///
    /// # Errors
    /// Database failures.
    pub async fn commit(self) -> Result<(), CatalogError> {
        self.tx.commit().await
    }

    /// Takes everything back.
    pub async fn rollback(self) {
        self.tx.rollback().await;
    }
}

fn column_statistics_row(table: i64, stats: TableColumnStatistics) -> Vec<Cell> {
    let flag = |flag: Option<bool>| flag.map_or(Cell::Null, Cell::Bool);
    let text = |text: Option<String>| text.map_or(Cell::Null, Cell::Text);
    vec![
        Cell::Int(table),
        Cell::Int(stats.column_id),
        flag(stats.contains_null),
        flag(stats.contains_nan),
        text(stats.min_value),
        text(stats.max_value),
        text(stats.extra_stats),
    ]
}
