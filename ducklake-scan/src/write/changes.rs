//! What a statement found, brought into the transaction in one step: a statement that fails changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use ducklake_catalog::FileQuery;
use ducklake_transact::{FIRST_LOCAL_ID, PendingRows, TableSettings};
use roaring::RoaringTreemap;

use super::open::OpenLake;
use super::sink::Stored;
use crate::error::{LakeError, Result};
use crate::local::{PENDING_ROWS, inlined_schema_version};

/// Rows of a table by where they are kept.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    files: BTreeMap<i64, RoaringTreemap>,
    /// Row ids by schema version of the inlined data table.
    inlined: BTreeMap<i64, BTreeSet<i64>>,
    pending: RoaringTreemap,
    count: u64,
}

impl Addresses {
    /// Adds the rows of a batch whose first columns are file id, position and row id; gives which of them are new. A
    /// row that was found before is found by the first only.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<BooleanArray> {
        self.add_where(batch, |_| true)
    }

    /// As [`Addresses::add`], of the rows that pass; the others are not new.
    pub(crate) fn add_where(&mut self, batch: &RecordBatch, passes: impl Fn(usize) -> bool) -> Result<BooleanArray> {
        let column = |index: usize| {
            batch
                .column(index)
                .as_primitive_opt::<Int64Type>()
                .ok_or_else(|| LakeError::Invalid("a statement's rows came without their places".to_string()))
        };
        let (files, positions, row_ids) = (column(0)?, column(1)?, column(2)?);
        let mut is_new = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            if !passes(row) || files.is_null(row) {
                is_new.push(false);
                continue;
            }
            let file = files.value(row);
            let added = match (file, inlined_schema_version(file)) {
                (PENDING_ROWS, _) => self.pending.insert(positions.value(row).cast_unsigned()),
                (_, Some(version)) => self.inlined.entry(version).or_default().insert(row_ids.value(row)),
                _ => self.files.entry(file).or_default().insert(positions.value(row).cast_unsigned()),
            };
            self.count += u64::from(added);
            is_new.push(added);
        }
        Ok(BooleanArray::from(is_new))
    }
}

/// Adds what a sink stored. The table was touched before.
pub(crate) fn store(open: &mut OpenLake, table: i64, stored: Stored) -> u64 {
    open.transaction.add_files(table, stored.files);
    for (batch, row_ids) in stored.pending {
        open.transaction.add_rows(table, batch, row_ids);
    }
    stored.rows
}

/// Deletes rows; gives how many.
pub(crate) async fn apply_deletes(open: &mut OpenLake, table: i64, found: Addresses) -> Result<u64> {
    if found.count == 0 {
        return Ok(0);
    }
    let limit = inlining_limit(open, table);
    let view = open.base().clone();
    let rows = if found.files.keys().any(|id| *id < FIRST_LOCAL_ID) {
        // Listed as the scan listed them, so nearly always from the cache.
        Some(open.lake.table_scan(&view, table, FileQuery::default()).await?)
    } else {
        None
    };
    let gone = || LakeError::Invalid(format!("table {table} is gone"));
    let changes = open.transaction.table_mut(table).ok_or_else(gone)?;
    for (version, row_ids) in found.inlined {
        let base = changes.base.as_ref().ok_or_else(gone)?;
        let inlined = base.facts.inlined_tables.iter().find(|t| t.schema_version == version).ok_or_else(gone)?;
        let name = inlined.name.clone();
        changes.inlined_deletes.entry(name).or_default().extend(row_ids);
    }
    for (file, positions) in &found.files {
        if *file >= FIRST_LOCAL_ID {
            if let Some(local) = changes.files.iter_mut().find(|f| f.local_id == *file) {
                local.deleted |= positions;
            }
            continue;
        }
        let listed = rows.as_ref().and_then(|r| r.listing.files.iter().find(|f| f.data_file_id == *file));
        let row = listed.ok_or_else(|| LakeError::Invalid(format!("data file {file} is gone")))?;
        changes.delete_from_file(row, positions, limit);
    }
    remove_pending(&mut changes.pending, &found.pending)?;
    Ok(found.count)
}

fn inlining_limit(open: &OpenLake, table: i64) -> u64 {
    let catalog = open.lake.catalog();
    let schema = open.transaction.names().tables.iter().find(|t| t.table_id == table).map(|t| t.schema_id);
    let encrypted = catalog.metadata().encrypted;
    TableSettings::new(&catalog.options(), &open.lake.settings(), encrypted, schema, Some(table)).inlining_limit
}

/// Takes rows, numbered over all batches, away.
fn remove_pending(pending: &mut Vec<PendingRows>, gone: &RoaringTreemap) -> Result<()> {
    if gone.is_empty() {
        return Ok(());
    }
    let mut first = 0;
    for rows in pending.iter_mut() {
        let count = rows.batch.num_rows() as u64;
        let keep: BooleanArray = (first..first + count).map(|row| Some(!gone.contains(row))).collect();
        first += count;
        rows.batch = arrow::compute::filter_record_batch(&rows.batch, &keep)?;
        let mut keeps = keep.values().iter();
        rows.row_ids.retain(|_| keeps.next().unwrap_or(true));
    }
    pending.retain(|rows| rows.batch.num_rows() > 0);
    Ok(())
}
