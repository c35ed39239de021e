//! What a transaction sees: a snapshot with the transaction's own changes on top.
//!
//! Changes are laid over the rows that the catalog gives for a scan, so that pruning, reading and deleting need not know
//! of them: new files are files, deletes are inlined deletes. Only rows that stay in the catalog come as Arrow.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringViewArray, UInt64Array, new_null_array,
};
use arrow::datatypes::SchemaRef;
use ducklake_catalog::{ColumnStats, DataFileRow, TableScanRows, VersionedColumn};
use ducklake_format::columns::{Column, ColumnRow};
use ducklake_transact::{LocalFile, PendingRows, TableChanges, TagChange, Transaction};
use roaring::RoaringTreemap;

use crate::error::Result;

/// `_ducklake_internal_file_id` of rows that the transaction itself keeps for the catalog.
pub(crate) const PENDING_ROWS: i64 = i64::MIN;

/// `filename` of such rows.
const PENDING_NAME: &str = "__ducklake_inlined_transaction_local_data";

/// `_ducklake_internal_file_id` of rows in the inlined data table of a schema version.
pub(crate) fn inlined_file_id(schema_version: i64) -> i64 {
    -schema_version - 1
}

/// The schema version of the inlined data table that such an id stands for.
pub(crate) fn inlined_schema_version(file_id: i64) -> Option<i64> {
    (file_id < 0 && file_id != PENDING_ROWS).then(|| -(file_id + 1))
}

/// Tables that a transaction touched.
#[derive(Debug, Default)]
pub(crate) struct LocalView {
    tables: HashMap<i64, Arc<LocalTable>>,
    /// Tags that the transaction sets or takes away.
    tags: Vec<TagChange>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct LocalTable {
    pub(crate) columns: Arc<Vec<Column>>,
    column_rows: Vec<ColumnRow>,
    /// Whether the catalog does not know the table yet.
    is_new: bool,
    files: Vec<LocalFile>,
    deletes: BTreeMap<i64, RoaringTreemap>,
    ended: BTreeMap<String, BTreeSet<i64>>,
    pending: Vec<PendingRows>,
    /// Inlined data tables whose rows are in files now.
    flushed: HashSet<String>,
}

impl LocalView {
    pub(crate) fn new(transaction: &Transaction) -> Result<Self> {
        let mut tables = HashMap::new();
        for id in transaction.names().tables.iter().map(|t| t.table_id) {
            if let Some(changes) = transaction.table(id) {
                tables.insert(id, Arc::new(LocalTable::new(id, changes)?));
            }
        }
        Ok(Self { tables, tags: transaction.tags().to_vec() })
    }

    pub(crate) fn tags(&self) -> &[TagChange] {
        &self.tags
    }

    pub(crate) fn table(&self, id: i64) -> Option<&Arc<LocalTable>> {
        self.tables.get(&id)
    }
}

impl LocalTable {
    fn new(id: i64, changes: &TableChanges) -> Result<Self> {
        Ok(Self {
            columns: Arc::new(changes.tree(id)?),
            column_rows: changes.columns.clone(),
            is_new: changes.base.is_none(),
            files: changes.files.clone(),
            deletes: changes.deletes.iter().map(|(file, d)| (*file, d.positions.clone())).collect(),
            ended: changes.inlined_deletes.clone(),
            pending: changes.pending.clone(),
            flushed: changes.flushed.iter().map(|f| f.table.name.clone()).collect(),
        })
    }

    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Lays the changes over what the catalog has.
    pub(crate) fn overlay(&self, rows: &TableScanRows, snapshot: i64) -> TableScanRows {
        let mut rows = rows.clone();
        let history = &mut rows.facts.columns;
        for row in &self.column_rows {
            if !history.iter().any(|c| c.row == *row) {
                history.push(VersionedColumn { row: row.clone(), begin_snapshot: snapshot + 1, end_snapshot: None });
            }
        }
        for local in &self.files {
            let file = &local.file;
            rows.listing.files.push(DataFileRow {
                data_file_id: local.local_id,
                path: file.path.clone(),
                path_is_relative: true,
                file_format: None,
                record_count: Some(file.record_count),
                file_size_bytes: Some(file.file_size_bytes),
                footer_size: Some(file.footer_size),
                row_id_start: Some(local.row_id_start),
                // Its partition values are those of a spec that may not be there yet.
                partition_id: None,
                encryption_key: file.encryption_key.clone(),
                mapping_id: None,
                begin_snapshot: local.history.as_ref().map_or(snapshot, |h| h.begin_snapshot),
                partial_max: local.history.as_ref().map(|h| h.last_snapshot),
                partial_file_info: None,
                delete_files: Vec::new(),
            });
            let stats = file.column_stats.iter().map(|c| ColumnStats {
                data_file_id: local.local_id,
                column_id: c.column_id,
                column_size_bytes: Some(c.column_size_bytes),
                value_count: Some(c.stats.value_count.cast_signed()),
                null_count: Some(c.stats.null_count.cast_signed()),
                min_value: c.stats.min.clone(),
                max_value: c.stats.max.clone(),
                contains_nan: c.stats.contains_nan,
            });
            rows.listing.stats.insert(local.local_id, stats.collect());
            rows.listing.summary.file_count += 1;
            rows.listing.summary.record_count += file.record_count;
            rows.inlined_deletes.extend(local.deleted.iter().map(|p| (local.local_id, p.cast_signed())));
            let ended = local.history.iter().flat_map(|h| &h.ended);
            rows.inlined_deletes.extend(ended.map(|(p, _)| (local.local_id, p.cast_signed())));
        }
        for (file, positions) in &self.deletes {
            rows.inlined_deletes.extend(positions.iter().map(|p| (*file, p.cast_signed())));
        }
        rows.inlined.retain(|inlined| !self.flushed.contains(&inlined.table.name));
        for inlined in &mut rows.inlined {
            let Some(ended) = self.ended.get(&inlined.table.name) else { continue };
            let keep: Vec<bool> = inlined.ids.iter().map(|(id, _)| !ended.contains(id)).collect();
            let (mut ids, mut cells) = (keep.iter(), keep.iter());
            inlined.ids.retain(|_| *ids.next().unwrap_or(&true));
            inlined.cells.retain(|_| *cells.next().unwrap_or(&true));
        }
        rows.inlined.retain(|inlined| !inlined.ids.is_empty());
        rows
    }

    /// The transaction's own inlined rows in the shape of `schema`: some of the table's columns, and virtual ones.
    pub(crate) fn batches(&self, schema: &SchemaRef, file_index: u64) -> Result<Vec<RecordBatch>> {
        let mut first = 0_i64;
        let mut batches = Vec::with_capacity(self.pending.len());
        for pending in &self.pending {
            let rows = pending.batch.num_rows();
            let arrays: Vec<ArrayRef> = schema
                .fields()
                .iter()
                .map(|field| -> ArrayRef {
                    if let Some(index) = self.columns.iter().position(|c| c.name == *field.name()) {
                        return Arc::clone(pending.batch.column(index));
                    }
                    match field.name().as_str() {
                        "rowid" => Arc::new(Int64Array::from(pending.row_ids.clone())),
                        "file_row_number" => Arc::new((first..first + rows as i64).collect::<Int64Array>()),
                        "_ducklake_internal_file_id" => Arc::new(Int64Array::from(vec![PENDING_ROWS; rows])),
                        "filename" => Arc::new(StringViewArray::from(vec![PENDING_NAME; rows])),
                        "file_index" => Arc::new(UInt64Array::from(vec![file_index; rows])),
                        _ => new_null_array(field.data_type(), rows),
                    }
                })
                .collect();
            first += rows as i64;
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            batches.push(RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)?);
        }
        batches.retain(|batch| batch.num_rows() > 0);
        Ok(batches)
    }
}
