//! Rows of inlined data tables into data files that keep their history.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::compute::{SortColumn, SortOptions, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use ducklake_format::Column;
use ducklake_storage::Storage;
use roaring::RoaringTreemap;

use super::data_file::{FileSeries, Shared, Target};
use super::error::{WriteError, blocking};
use super::internal::Internal;
use super::layout::{SortKey, TableLayout, WrittenFile};
use super::partition::Partitioner;
use super::pending::PendingFiles;
use super::sort::usable_keys;
use super::split::pieces;

/// In [`FlushRows::ends`]: the row was ended by the transaction that flushes it.
pub const ENDED_HERE: i64 = i64::MAX;

/// Rows of an inlined data table, ended ones too.
#[derive(Debug, Clone)]
pub struct FlushRows {
    /// The columns of the layout.
    pub rows: RecordBatch,
    /// Row id of each row.
    pub row_ids: Int64Array,
    /// Snapshot that inserted each row.
    pub begins: Int64Array,
    /// Snapshot that ended each row, or [`ENDED_HERE`]; NULL for live ones.
    pub ends: Int64Array,
}

/// A data file of flushed rows.
#[derive(Debug, Clone)]
pub struct FlushedFile {
    /// The file.
    pub file: WrittenFile,
    /// Smallest row id.
    pub first_row_id: i64,
    /// First snapshot of a row.
    pub begin_snapshot: i64,
    /// Last snapshot that inserted a row.
    pub last_snapshot: i64,
    /// Positions of ended rows, each with the snapshot that ended it.
    pub ended: Vec<(u64, i64)>,
    /// Positions of rows that the flushing transaction ended.
    pub deleted: RoaringTreemap,
}

/// Writes rows into files, which are the caller's then: sorted by the layout's keys, then row id and snapshot, and split
/// by its partitions. Nothing is written without rows.
///
/// # Errors
/// [`WriteError`] if a file cannot be written; everything written is removed then.
pub async fn write_flushed(
    storage: &Storage,
    layout: TableLayout,
    rows: FlushRows,
) -> Result<Vec<FlushedFile>, WriteError> {
    if rows.rows.num_rows() == 0 {
        return Ok(Vec::new());
    }
    let partition = layout.partition.as_ref().filter(|partition| !partition.keys.is_empty());
    let mut partitioner = partition.map(|partition| Partitioner::new(&layout, &partition.keys)).transpose()?;
    let keys = usable_keys(&layout.sort, &layout.columns);
    let columns = Arc::clone(&layout.columns);
    let shared = Arc::new(Shared::new(storage.clone(), layout, Internal::RowIdsAndSnapshots)?);
    let parts = blocking(move || {
        let rows = in_order(&columns, rows, &keys)?;
        let Some(partitioner) = &mut partitioner else { return Ok(vec![(Target::default(), rows)]) };
        let assigned = partitioner.assign(&rows)?;
        let pieces = pieces(&rows, &assigned, partitioner.targets.len())?;
        Ok(pieces.into_iter().map(|(index, rows, _)| (partitioner.targets[index].clone(), rows)).collect())
    })
    .await?;
    let mut done = PendingFiles::new(storage);
    let mut flushed = Vec::new();
    for (target, rows) in parts {
        match write_part(&shared, target, &rows).await {
            Ok(mut files) => {
                let files = files.take();
                flushed.extend(histories(&files, &rows));
                files.into_iter().for_each(|file| done.push(file));
            }
            Err(error) => {
                done.remove().await;
                return Err(error);
            }
        }
    }
    let _ = done.take();
    Ok(flushed)
}

/// One batch in the order of the files: the table's columns, row ids, snapshots, ends.
fn in_order(columns: &[Column], rows: FlushRows, keys: &[SortKey]) -> Result<RecordBatch, WriteError> {
    let failed = || WriteError::arrow("sorted");
    let fields = columns.iter().map(Column::field).chain(Internal::RowIdsAndSnapshots.fields());
    let fields: Vec<Field> = fields.chain([Field::new("end_snapshot", DataType::Int64, true)]).collect();
    let mut arrays = rows.rows.columns().to_vec();
    let added: [ArrayRef; 3] = [Arc::new(rows.row_ids), Arc::new(rows.begins), Arc::new(rows.ends)];
    arrays.extend(added.iter().cloned());
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(WriteError::arrow("taken"))?;
    let mut order: Vec<SortColumn> = keys
        .iter()
        .map(|key| SortColumn {
            values: Arc::clone(batch.column(key.column)),
            options: Some(SortOptions { descending: key.descending, nulls_first: key.nulls_first }),
        })
        .collect();
    order.extend(added[..2].iter().map(|values| SortColumn { values: Arc::clone(values), options: None }));
    let order = lexsort_to_indices(&order, None).map_err(failed())?;
    take_record_batch(&batch, &order).map_err(failed())
}

/// Writes the rows of a partition.
async fn write_part(shared: &Arc<Shared>, target: Target, rows: &RecordBatch) -> Result<PendingFiles, WriteError> {
    let without_ends: Vec<usize> = (0..rows.num_columns() - 1).collect();
    let rows = rows.project(&without_ends).map_err(WriteError::arrow("taken"))?;
    let mut series = FileSeries::new(Arc::clone(shared), target);
    let written = match series.write(&rows).await {
        Ok(()) => series.close().await,
        Err(error) => Err(error),
    };
    if written.is_err() {
        series.abort().await;
    }
    written
}

/// What happened to the rows of each file; they are in it in their order.
fn histories(files: &[WrittenFile], rows: &RecordBatch) -> Vec<FlushedFile> {
    let last = rows.num_columns();
    let column = |from_end: usize| rows.column(last - from_end).as_primitive::<Int64Type>();
    let (row_ids, begins, ends) = (column(3), column(2), column(1));
    let mut first = 0;
    files
        .iter()
        .map(|file| {
            let range = first..rows.num_rows().min(first + usize::try_from(file.record_count).unwrap_or_default());
            let position = |row: usize| (row - range.start) as u64;
            let ended = || range.clone().filter(|row| ends.is_valid(*row)).map(|row| (position(row), ends.value(row)));
            let flushed = FlushedFile {
                file: file.clone(),
                first_row_id: range.clone().map(|row| row_ids.value(row)).min().unwrap_or_default(),
                begin_snapshot: range.clone().map(|row| begins.value(row)).min().unwrap_or_default(),
                last_snapshot: range.clone().map(|row| begins.value(row)).max().unwrap_or_default(),
                ended: ended().filter(|(_, end)| *end != ENDED_HERE).collect(),
                deleted: ended().filter(|(_, end)| *end == ENDED_HERE).map(|(position, _)| position).collect(),
            };
            first = range.end;
            flushed
        })
        .collect()
}
