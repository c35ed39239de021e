//! Rows in the order of a table's sort keys.

use arrow::array::RecordBatch;
use arrow::compute::{SortColumn, lexsort_to_indices};
use arrow::compute::{SortOptions, concat_batches, take_record_batch};
use ducklake_format::Column;

use super::data_file::FileSeries;
use super::error::{WriteError, blocking};
use super::layout::SortKey;

/// The keys that rows can be sorted by: those up to the first of a nested type or of no column.
pub(super) fn usable_keys(keys: &[SortKey], columns: &[Column]) -> Vec<SortKey> {
    let is_usable = |key: &&SortKey| columns.get(key.column).is_some_and(|column| !column.lake_type.is_nested());
    keys.iter().take_while(is_usable).copied().collect()
}

/// Writes rows, sorted, as files of their own.
pub(super) async fn write_sorted(
    series: &mut FileSeries,
    keys: &[SortKey],
    batches: Vec<RecordBatch>,
) -> Result<(), WriteError> {
    let keys = keys.to_vec();
    if let Some(rows) = blocking(move || sorted(&batches, &keys)).await? {
        series.write(&rows).await?;
        series.end_file().await?;
    }
    Ok(())
}

/// All rows as one sorted batch.
fn sorted(batches: &[RecordBatch], keys: &[SortKey]) -> Result<Option<RecordBatch>, WriteError> {
    let Some(first) = batches.first() else { return Ok(None) };
    let failed = || WriteError::arrow("sorted");
    let rows = concat_batches(&first.schema(), batches).map_err(failed())?;
    let columns: Vec<SortColumn> = keys
        .iter()
        .map(|key| SortColumn {
            values: rows.column(key.column).clone(),
            options: Some(SortOptions { descending: key.descending, nulls_first: key.nulls_first }),
        })
        .collect();
    let order = lexsort_to_indices(&columns, None).map_err(failed())?;
    Ok(Some(take_record_batch(&rows, &order).map_err(failed())?))
}
