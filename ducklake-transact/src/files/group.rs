//! Rows that will be a row group.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;

use super::layout::FileOptions;

/// Rows of a row group are cut off here whatever their number, so that wide rows do not fill the memory.
const MAX_GROUP_BYTES: usize = 256 << 20;

/// Rows of one row group.
#[derive(Debug, Default)]
pub(super) struct RowGroup {
    pub(super) batches: Vec<RecordBatch>,
    pub(super) rows: usize,
    /// Bytes of the values.
    pub(super) bytes: usize,
}

impl RowGroup {
    fn push(&mut self, batch: RecordBatch, bytes: usize) {
        self.rows += batch.num_rows();
        self.bytes += bytes;
        self.batches.push(batch);
    }
}

/// Cuts a stream of batches into row groups.
#[derive(Debug)]
pub(super) struct Grouper {
    max_rows: usize,
    max_bytes: usize,
    current: RowGroup,
}

impl Grouper {
    pub(super) fn new(options: &FileOptions) -> Self {
        Self {
            max_rows: options.row_group_rows.max(1),
            max_bytes: options.row_group_bytes.unwrap_or(MAX_GROUP_BYTES).clamp(1, MAX_GROUP_BYTES),
            current: RowGroup::default(),
        }
    }

    /// Adds rows; gives the groups that are full now.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Vec<RowGroup> {
        let mut full = Vec::new();
        let mut start = 0;
        while start < batch.num_rows() {
            let rest = batch.num_rows() - start;
            let rows = rest.min(self.max_rows - self.current.rows);
            let (piece, bytes) = self.fitting(batch.slice(start, rows));
            start += piece.num_rows();
            self.current.push(piece, bytes);
            if self.current.rows >= self.max_rows || self.current.bytes >= self.max_bytes {
                full.push(std::mem::take(&mut self.current));
            }
        }
        full
    }

    /// The group that was begun, if any.
    pub(super) fn take(&mut self) -> Option<RowGroup> {
        (self.current.rows > 0).then(|| std::mem::take(&mut self.current))
    }

    /// The first rows of a batch that fit into the group, at least one.
    fn fitting(&self, batch: RecordBatch) -> (RecordBatch, usize) {
        let bytes = value_bytes(&batch);
        let room = self.max_bytes.saturating_sub(self.current.bytes);
        if bytes <= room {
            return (batch, bytes);
        }
        let rows = (batch.num_rows() as u128 * room as u128 / bytes.max(1) as u128) as usize;
        let piece = batch.slice(0, rows.clamp(1, batch.num_rows()));
        let bytes = value_bytes(&piece);
        (piece, bytes)
    }
}

/// Bytes of the values of a batch, not of buffers that others share.
pub(super) fn value_bytes(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| array_bytes(column.as_ref())).sum()
}

/// Of arrays with more views than this, only one in eight is looked at.
const MANY_VIEWS: usize = 4_096;

/// Bytes of the values of an array, not of buffers that others share; about, where there are many views.
pub(super) fn array_bytes(array: &dyn Array) -> usize {
    let lengths = |views: &[u128]| {
        let step = if views.len() > MANY_VIEWS { 8 } else { 1 };
        let lengths = views.iter().step_by(step).map(|view| (*view as u32) as usize);
        views.len() * 16 + lengths.sum::<usize>() * step
    };
    match array.data_type() {
        DataType::Utf8View => lengths(array.as_string_view().views()),
        DataType::BinaryView => lengths(array.as_binary_view().views()),
        _ => array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringViewArray};

    use super::*;

    fn batch(rows: usize) -> RecordBatch {
        let numbers = Int64Array::from_iter_values(0..rows as i64);
        let texts = StringViewArray::from_iter_values((0..rows).map(|_| "twenty-four bytes, longer"));
        RecordBatch::try_from_iter([("a", Arc::new(numbers) as _), ("b", Arc::new(texts) as _)]).unwrap()
    }

    fn sizes(options: &FileOptions, batches: &[usize]) -> Vec<usize> {
        let mut grouper = Grouper::new(options);
        let mut groups: Vec<_> = batches.iter().flat_map(|rows| grouper.push(&batch(*rows))).collect();
        groups.extend(grouper.take());
        groups.iter().map(|group| group.rows).collect()
    }

    #[test]
    fn groups_end_at_the_row_limit() {
        let options = FileOptions { row_group_rows: 10, ..FileOptions::default() };
        assert_eq!(sizes(&options, &[3, 4, 25, 0, 1]), [10, 10, 10, 3]);
        assert_eq!(sizes(&options, &[10]), [10]);
        assert_eq!(sizes(&options, &[]), [0; 0]);
    }

    #[test]
    fn groups_end_at_the_byte_limit() {
        let row = value_bytes(&batch(1));
        let options = FileOptions { row_group_bytes: Some(row * 4), ..FileOptions::default() };
        assert!(sizes(&options, &[100]).iter().all(|rows| (1..=5).contains(rows)));
        let tiny = FileOptions { row_group_bytes: Some(1), ..FileOptions::default() };
        assert_eq!(sizes(&tiny, &[3]), [1, 1, 1]);
    }
}
