//! Rows on their way into a table: few stay in the catalog, many become files.

use std::sync::Arc;

use arrow::array::{Array, Int64Array, RecordBatch};
use ducklake_catalog::{PartitionField, SchemaRow, TableRow};
use ducklake_format::columns::Column;
use ducklake_format::partition::Transform;
use ducklake_storage::Storage;
use ducklake_transact::commit::table_directory;
use ducklake_transact::files::{PartitionKey, PartitionLayout, SortKey, TableLayout, TableWriter, WrittenFile};
use ducklake_transact::inline::{Backend, can_inline, encode_rows};
use ducklake_transact::{FIRST_LOCAL_ID, FIRST_LOCAL_ROW_ID, TableChanges, TableSettings, TransactError};

use super::open::OpenLake;
use crate::error::{LakeError, Result};

/// What a sink made of its rows.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub(crate) rows: u64,
    pub(crate) files: Vec<WrittenFile>,
    /// Rows for the catalog, with their row ids where they had some before.
    pub(crate) pending: Vec<(RecordBatch, Option<Vec<i64>>)>,
}

/// Takes the rows of one statement for one table.
pub(crate) struct RowSink {
    table: String,
    storage: Storage,
    layout: TableLayout,
    /// Rows up to which nothing is written to a file; 0 where rows cannot be inlined.
    limit: u64,
    backend: Option<Backend>,
    buffer: Vec<(RecordBatch, Option<Int64Array>)>,
    rows: u64,
    /// Files of rows that keep their row ids, and of rows that get new ones.
    kept: Option<TableWriter>,
    fresh: Option<TableWriter>,
}

impl RowSink {
    /// A sink for a table of an open transaction.
    pub(crate) fn new(open: &OpenLake, table_id: i64, may_inline: bool) -> Result<Self> {
        let (changes, schema, row) = touched(open, table_id)?;
        let columns = changes.tree(table_id)?;
        let catalog = open.lake.catalog();
        let encrypted = catalog.metadata().encrypted;
        let settings = settings(open, schema, row);
        let backend = Backend::from_name(catalog.backend());
        let inlines = may_inline && backend.is_some_and(|b| can_inline(&columns, b));
        let partition = partition(changes, &columns)?;
        let sort = if settings.sort_on_insert { sort_keys(&changes.sort, &columns) } else { Vec::new() };
        let layout = TableLayout {
            directory: table_directory(open.lake.data_path(), schema, row)?,
            columns: Arc::new(columns),
            partition,
            sort,
            encrypted,
            options: settings.files,
        };
        Ok(Self {
            table: row.name.clone(),
            storage: open.lake.storage().clone(),
            layout,
            limit: if inlines { settings.inlining_limit } else { 0 },
            backend,
            buffer: Vec::new(),
            rows: 0,
            kept: None,
            fresh: None,
        })
    }

    /// The table's columns, which every batch must have.
    pub(crate) fn columns(&self) -> &Arc<Vec<Column>> {
        &self.layout.columns
    }

    /// Where its files go.
    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Takes rows; `row_ids` where they are new versions of rows that were there before.
    pub(crate) async fn write(&mut self, batch: RecordBatch, row_ids: Option<Int64Array>) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        for (index, column) in self.layout.columns.iter().enumerate().filter(|(_, c)| !c.nulls_allowed) {
            if batch.column(index).logical_null_count() > 0 {
                let (table, column) = (self.table.clone(), column.name.clone());
                return Err(TransactError::NotNull { table, column }.into());
            }
        }
        self.rows += batch.num_rows() as u64;
        self.buffer.push((batch, row_ids));
        if self.rows > self.limit { self.flush().await } else { Ok(()) }
    }

    /// Writes what is buffered to files.
    async fn flush(&mut self) -> Result<()> {
        for (batch, row_ids) in std::mem::take(&mut self.buffer) {
            let Some(row_ids) = row_ids else {
                self.write_fresh(&batch).await?;
                continue;
            };
            // Ids that the transaction itself gave are not known before the commit, and must not be in a file.
            let is_local = row_ids.iter().map(|id| id.map(|id| id >= FIRST_LOCAL_ROW_ID)).collect();
            let local = arrow::compute::filter_record_batch(&batch, &is_local)?;
            if local.num_rows() > 0 {
                self.write_fresh(&local).await?;
            }
            if local.num_rows() < batch.num_rows() {
                let is_kept = arrow::compute::not(&is_local)?;
                let batch = arrow::compute::filter_record_batch(&batch, &is_kept)?;
                let ids = arrow::compute::filter(&row_ids, &is_kept)?;
                let ids = arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(&ids).clone();
                let (storage, layout) = (&self.storage, &self.layout);
                let writer = self.kept.get_or_insert_with(|| {
                    // Versions of old rows are not sorted: their order says nothing.
                    TableWriter::new(storage.clone(), TableLayout { sort: Vec::new(), ..layout.clone() })
                });
                writer.write(batch, Some(&ids)).await.map_err(TransactError::from)?;
            }
        }
        Ok(())
    }

    async fn write_fresh(&mut self, batch: &RecordBatch) -> Result<()> {
        let (storage, layout) = (&self.storage, &self.layout);
        let writer = self.fresh.get_or_insert_with(|| TableWriter::new(storage.clone(), layout.clone()));
        Ok(writer.write(batch.clone(), None).await.map_err(TransactError::from)?)
    }

    /// Ends the statement's rows.
    pub(crate) async fn finish(mut self) -> Result<Stored> {
        if !self.buffer.is_empty() && !self.can_encode()? {
            if let Err(error) = self.flush().await {
                self.abort().await;
                return Err(error);
            }
        }
        let mut stored = Stored { rows: self.rows, ..Stored::default() };
        for writer in [self.kept.take(), self.fresh.take()].into_iter().flatten() {
            match writer.finish().await {
                Ok(files) => stored.files.extend(files),
                Err(error) => {
                    let written: Vec<String> = stored.files.iter().map(|f| f.full_path.clone()).collect();
                    ducklake_transact::files::remove_files(&self.storage, &written).await;
                    self.abort().await;
                    return Err(TransactError::from(error).into());
                }
            }
        }
        stored.pending =
            self.buffer.into_iter().map(|(batch, ids)| (batch, ids.map(|ids| ids.values().to_vec()))).collect();
        Ok(stored)
    }

    /// Whether every buffered value has a form in the catalog.
    fn can_encode(&self) -> Result<bool> {
        let Some(backend) = self.backend else { return Ok(false) };
        for (batch, _) in &self.buffer {
            if encode_rows(&self.layout.columns, batch, backend)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes what was written.
    pub(crate) async fn abort(self) {
        for writer in [self.kept, self.fresh].into_iter().flatten() {
            writer.abort().await;
        }
    }
}

/// A table that the transaction touched.
pub(super) fn touched(open: &OpenLake, table_id: i64) -> Result<(&TableChanges, &SchemaRow, &TableRow)> {
    let names = open.transaction.names();
    let gone = || LakeError::Invalid(format!("table {table_id} is gone"));
    let row = names.tables.iter().find(|t| t.table_id == table_id).ok_or_else(gone)?;
    let schema = names.schemas.iter().find(|s| s.schema_id == row.schema_id).ok_or_else(gone)?;
    let changes = open.transaction.table(table_id).ok_or_else(gone)?;
    Ok((changes, schema, row))
}

/// Options as they hold for a table.
pub(super) fn settings(open: &OpenLake, schema: &SchemaRow, table: &TableRow) -> TableSettings {
    let catalog = open.lake.catalog();
    let scope = |id: i64| Some(id).filter(|id| *id < FIRST_LOCAL_ID);
    let (schema, table) = (scope(schema.schema_id), scope(table.table_id));
    TableSettings::new(&catalog.options(), &open.lake.settings(), catalog.metadata().encrypted, schema, table)
}

fn partition(changes: &TableChanges, columns: &[Column]) -> Result<Option<PartitionLayout>> {
    if changes.partition.is_empty() {
        return Ok(None);
    }
    let keys = partition_keys(&changes.partition, columns)?;
    let known = changes.base.as_ref().and_then(|b| b.partition.as_ref()).map(|p| p.partition_id);
    let partition_id = if changes.partition_changed { FIRST_LOCAL_ID } else { known.unwrap_or(FIRST_LOCAL_ID) };
    Ok(Some(PartitionLayout { partition_id, keys }))
}

/// The keys of a partition spec among these columns.
pub(super) fn partition_keys(fields: &[PartitionField], columns: &[Column]) -> Result<Vec<PartitionKey>> {
    let key = |field: &PartitionField| {
        let column = columns.iter().position(|c| c.id == field.column_id).ok_or_else(|| {
            LakeError::Invalid(format!("the table is partitioned by column {}, which is not there", field.column_id))
        })?;
        Ok(PartitionKey { key_index: field.key_index, column, transform: Transform::parse(&field.transform)? })
    };
    fields.iter().map(key).collect()
}

/// The sort order as far as it is plain columns; what cannot be evaluated leaves the rows unsorted, which is legal.
pub(super) fn sort_keys(sort: &[ducklake_catalog::SortField], columns: &[Column]) -> Vec<SortKey> {
    let key = |field: &ducklake_catalog::SortField| {
        let name = field.expression.trim();
        let name = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name).replace("\"\"", "\"");
        let column = columns.iter().position(|c| c.name.eq_ignore_ascii_case(&name))?;
        Some(SortKey { column, descending: field.descending, nulls_first: field.nulls_first })
    };
    sort.iter().map(key).collect::<Option<Vec<_>>>().unwrap_or_default()
}
