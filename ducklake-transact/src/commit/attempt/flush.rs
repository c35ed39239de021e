//! Rows of an attempt for what a flush moves out of the catalog (DuckLake spec, "flush_inlined_data").

use ducklake_catalog::CommitTransaction;
use ducklake_format::changes::Change;
use ducklake_format::stats::Source;

use super::super::statistics::TableStatistics;
use super::Attempt;
use crate::deletes::DeletePlan;
use crate::error::{Result, TransactError};
use crate::table::{FileHistory, LocalFile, TableChanges};

impl Attempt<'_> {
    /// A file of flushed rows. They were counted when they were inserted.
    pub(super) fn flushed_file(
        &mut self,
        table: i64,
        file: &LocalFile,
        history: &FileHistory,
        statistics: &mut TableStatistics,
    ) {
        let (prepared, written) = (self.prepared, &file.file);
        let data_file_id = self.ids.take_file();
        let (begin, last) = (history.begin_snapshot, Some(history.last_snapshot));
        let first_row_id = Some(history.first_row_id);
        self.rows.data_file((data_file_id, table, begin), last, written.partition_id, first_row_id, written);
        statistics.row.file_size_bytes += written.file_size_bytes;
        statistics.merge(written.column_stats.iter().map(|c| (c.column_id, &c.stats)), Source::File);
        if let Some(DeletePlan::File(plan)) = prepared.of(file.local_id) {
            // As in the reference: of ended rows alone, the file says itself when that was.
            let partial_max = plan.last_snapshot().filter(|_| plan.has_new());
            self.delete_file(table, data_file_id, plan, partial_max);
            if plan.has_new() {
                self.changes.push(Change::DeletedFromTable(table));
            }
        }
    }

    /// Takes flushed rows and deletes out of the catalog.
    pub(super) async fn flushed(
        &mut self,
        tx: &mut CommitTransaction<'_>,
        local: i64,
        table: &TableChanges,
    ) -> Result<()> {
        let id = self.ids.real(local);
        let base = self.transaction.base.id;
        for flushed in &table.flushed {
            let removed = tx.remove_inlined(&flushed.table, base).await?;
            self.check_flushed(id, removed, flushed.rows)?;
            self.changes.push(Change::InlineFlush(id));
        }
        let moved = table.deletes.iter().filter(|(_, deletes)| !deletes.moved.is_empty());
        let files: Vec<i64> = moved.clone().map(|(file, _)| *file).collect();
        let count: usize = moved.map(|(_, deletes)| deletes.moved.len()).sum();
        if files.is_empty() {
            return Ok(());
        }
        let removed = tx.remove_inlined_deletes(id, &files).await?;
        self.check_flushed(id, removed, count as u64)
    }

    fn check_flushed(&self, table: i64, removed: u64, expected: u64) -> Result<()> {
        if removed == expected {
            return Ok(());
        }
        Err(TransactError::Conflict {
            ours: format!("flush inlined data of {}", self.transaction.shown_table(table)),
            theirs: "deleted or flushed some of it".to_string(),
            snapshot: self.snapshot - 1,
        })
    }
}
