//! What is done before the commit's database transaction: paths, and files for deletes.

use ducklake_catalog::{Names, SchemaRow, TableRow};
use ducklake_format::paths;

use crate::commit::CommitContext;
use crate::deletes::{DeleteFilePlan, DeletePlan, DeleteTarget, FileDelete, read_replaced};
use crate::error::Result;
use crate::files::remove_files;
use crate::table::TableChanges;
use crate::transaction::Transaction;

/// What is ready to be registered.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    pub(crate) deletes: Vec<FileDelete>,
}

/// Schema and table of an id.
pub(crate) fn table_of(names: &Names, id: i64) -> Option<(&SchemaRow, &TableRow)> {
    let table = names.tables.iter().find(|t| t.table_id == id)?;
    Some((names.schemas.iter().find(|s| s.schema_id == table.schema_id)?, table))
}

/// Full path of a table's folder, with a trailing separator.
///
/// # Errors
/// Where the catalog's paths climb out of the data path.
pub fn table_directory(data_path: &str, schema: &SchemaRow, table: &TableRow) -> Result<String> {
    let base = paths::resolve(data_path, schema.path.as_deref(), schema.path_is_relative)?;
    let base = paths::resolve(&base, table.path.as_deref(), table.path_is_relative)?;
    Ok(if base.ends_with('/') { base } else { format!("{base}/") })
}

/// The folder relative to the data path, where it is under it.
pub(crate) fn relative_directory(schema: &SchemaRow, table: &TableRow) -> Option<String> {
    let relative = schema.path_is_relative && table.path_is_relative;
    let part = |path: &Option<String>| path.clone().unwrap_or_default();
    relative.then(|| format!("{}{}", part(&schema.path), part(&table.path)))
}

impl Prepared {
    /// Writes the delete files of a transaction, for a commit as snapshot `expected`.
    pub(crate) async fn new(context: &CommitContext<'_>, transaction: &Transaction, expected: i64) -> Result<Self> {
        let mut prepared = Self::default();
        for (id, table) in &transaction.tables {
            if let Err(error) = prepared.table(context, transaction, *id, table, expected).await {
                prepared.remove(context).await;
                return Err(error);
            }
        }
        Ok(prepared)
    }

    async fn table(
        &mut self,
        context: &CommitContext<'_>,
        transaction: &Transaction,
        id: i64,
        table: &TableChanges,
        expected: i64,
    ) -> Result<()> {
        if table.deletes.is_empty() && table.files.iter().all(|f| f.deleted.is_empty() && f.history.is_none()) {
            return Ok(());
        }
        let Some(target) = context.target(transaction, id)? else { return Ok(()) };
        for (file, deletes) in &table.deletes {
            let old_count = deletes.delete_file.as_ref().and_then(|d| d.delete_count).unwrap_or_default();
            let limit = context.inlining_limit(transaction, id);
            let plan = if limit > 0 && deletes.is_small && deletes.moved.is_empty() {
                DeletePlan::Inlined(deletes.positions.clone())
            } else if deletes.moved.is_empty()
                && deletes.positions.len().cast_signed() + old_count >= deletes.record_count
            {
                DeletePlan::Whole
            } else {
                let mut old = match &deletes.delete_file {
                    Some(row) => {
                        let path = resolve(&target.directory, &row.path, row.path_is_relative)?;
                        read_replaced(context.reader, &path, row).await?
                    }
                    None => Vec::new(),
                };
                old.extend(&deletes.moved);
                let (path, is_relative) = &deletes.path;
                let path = resolve(&target.directory, path, *is_relative)?;
                let new = deletes.positions.clone();
                let replaced = deletes.delete_file.clone();
                DeletePlan::File(Box::new(DeleteFilePlan::write(&target, path, replaced, old, new, expected).await?))
            };
            self.deletes.push(FileDelete { table_id: id, data_file_id: *file, plan });
        }
        for file in &table.files {
            let old = file.history.as_ref().map(|h| h.ended.clone()).unwrap_or_default();
            if file.deleted.is_empty() && old.is_empty() {
                continue;
            }
            // What was there before stays for older snapshots.
            let plan = if file.history.is_none() && file.deleted.len().cast_signed() >= file.file.record_count {
                DeletePlan::Whole
            } else {
                let (path, new) = (file.file.full_path.clone(), file.deleted.clone());
                DeletePlan::File(Box::new(DeleteFilePlan::write(&target, path, None, old, new, expected).await?))
            };
            self.deletes.push(FileDelete { table_id: id, data_file_id: file.local_id, plan });
        }
        Ok(())
    }

    /// Whether a file names another snapshot than this.
    pub(crate) fn is_stale(&self, snapshot: i64) -> bool {
        self.deletes.iter().any(|d| match &d.plan {
            DeletePlan::File(file) => file.embedded.is_some_and(|embedded| embedded != snapshot),
            _ => false,
        })
    }

    /// Writes the files again that name another snapshot than this.
    pub(crate) async fn rewrite(
        &mut self,
        context: &CommitContext<'_>,
        transaction: &Transaction,
        snapshot: i64,
    ) -> Result<()> {
        for delete in &mut self.deletes {
            let Some(target) = context.target(transaction, delete.table_id)? else { continue };
            if let DeletePlan::File(file) = &mut delete.plan {
                file.rewrite(&target, snapshot).await?;
            }
        }
        Ok(())
    }

    /// Removes the files: nothing was committed.
    pub(crate) async fn remove(&self, context: &CommitContext<'_>) {
        remove_files(context.storage, &self.written_files()).await;
    }

    /// Full paths of the files that were written for it.
    pub(crate) fn written_files(&self) -> Vec<String> {
        let path = |delete: &FileDelete| match &delete.plan {
            DeletePlan::File(file) => Some(file.written.full_path.clone()),
            _ => None,
        };
        self.deletes.iter().filter_map(path).collect()
    }

    /// The plan for a data file.
    pub(crate) fn of(&self, data_file_id: i64) -> Option<&DeletePlan> {
        self.deletes.iter().find(|d| d.data_file_id == data_file_id).map(|d| &d.plan)
    }
}

fn resolve(directory: &str, path: &str, is_relative: bool) -> Result<String> {
    Ok(paths::resolve(directory, Some(path), is_relative)?)
}

impl CommitContext<'_> {
    /// Where delete files of a table go; `None` where the table is gone.
    pub(crate) fn target(&self, transaction: &Transaction, id: i64) -> Result<Option<DeleteTarget<'_>>> {
        let Some((schema, table)) = table_of(&transaction.names, id) else { return Ok(None) };
        let directory = table_directory(self.data_path, schema, table)?;
        let encrypted = self.catalog.metadata().encrypted;
        let vectors = self.settings(transaction, id).deletion_vectors;
        Ok(Some(DeleteTarget { storage: self.storage, directory, encrypted, vectors }))
    }
}
