//! Rows of a partitioned table on their way to the files of their partitions.
//!
//! However many partitions there are, memory and open files stay bounded: rows wait in memory until there are many,
//! then the partitions with most of them are written. Of the partitions with a file in progress the one that was not
//! written to for longest is closed when another one needs a file; it gets a further file if more rows come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::DataType;
use futures::StreamExt;

use super::data_file::{FileSeries, Shared};
use super::error::{WriteError, blocking};
use super::group::value_bytes;
use super::layout::SortKey;
use super::partition::Partitioner;
use super::pending::PendingFiles;
use super::sort::write_sorted;

/// Rows that are split at once.
const STAGE_ROWS: usize = 122_880;
const STAGE_BYTES: usize = 64 << 20;
/// Bytes of rows that wait for their partition's file.
const WAITING_BYTES: usize = 256 << 20;
/// What a batch costs besides its values, for each column.
const BATCH_OVERHEAD: usize = 200;

/// The partitions of a writer.
pub(super) struct Splitter {
    shared: Arc<Shared>,
    sort: Vec<SortKey>,
    partitioner: Option<Partitioner>,
    staged: Vec<RecordBatch>,
    staged_rows: usize,
    staged_bytes: usize,
    partitions: Vec<Partition>,
    waiting_bytes: usize,
    pub(super) waiting_limit: usize,
    /// Partitions with a file in progress, the one that was used last at the end.
    open: Vec<usize>,
    done: PendingFiles,
}

/// Rows that wait, and the files.
#[derive(Default)]
struct Partition {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    series: Option<FileSeries>,
}

impl Splitter {
    pub(super) fn new(shared: Arc<Shared>, partitioner: Partitioner, sort: Vec<SortKey>) -> Self {
        let done = PendingFiles::new(&shared.storage);
        Self {
            shared,
            sort,
            partitioner: Some(partitioner),
            staged: Vec::new(),
            staged_rows: 0,
            staged_bytes: 0,
            partitions: Vec::new(),
            waiting_bytes: 0,
            waiting_limit: WAITING_BYTES,
            open: Vec::new(),
            done,
        }
    }

    /// Adds rows.
    pub(super) async fn write(&mut self, batch: RecordBatch) -> Result<(), WriteError> {
        self.staged_rows += batch.num_rows();
        self.staged_bytes += value_bytes(&batch);
        self.staged.push(batch);
        if self.staged_rows >= STAGE_ROWS || self.staged_bytes >= STAGE_BYTES {
            self.split().await?;
        }
        Ok(())
    }

    /// Writes everything that waits and ends all files, which come in the order of their partitions.
    pub(super) async fn close(&mut self) -> Result<PendingFiles, WriteError> {
        self.split().await?;
        let targets = self.partitioner.as_ref().map(|partitioner| partitioner.targets.clone()).unwrap_or_default();
        let failed = Arc::new(AtomicBool::new(false));
        let mut closing = Vec::new();
        for (partition, target) in self.partitions.iter_mut().map(std::mem::take).zip(targets) {
            if partition.rows > 0 || partition.series.is_some() {
                let new = || FileSeries::new(Arc::clone(&self.shared), target);
                let series = partition.series.unwrap_or_else(new);
                closing.push(close_partition(series, partition.batches, self.sort.clone(), Arc::clone(&failed)));
            }
        }
        (self.waiting_bytes, self.open) = (0, Vec::new());
        let parallel = self.shared.layout.options.max_open_files.max(1);
        let mut closed = futures::stream::iter(closing).buffered(parallel);
        let mut result = Ok(());
        // To the end also after a failure, so that all files are removed then.
        while let Some(files) = closed.next().await {
            match files {
                Ok(files) => self.done.append(files),
                Err(error) => result = result.and(Err(error)),
            }
        }
        result.map(|()| self.done.split_off())
    }

    /// Removes all files.
    pub(super) async fn abort(&mut self) {
        for series in self.partitions.iter_mut().filter_map(|partition| partition.series.as_mut()) {
            series.abort().await;
        }
        self.done.remove().await;
    }

    /// Moves the staged rows to their partitions, and writes what is too much to keep.
    async fn split(&mut self) -> Result<(), WriteError> {
        let staged = std::mem::take(&mut self.staged);
        (self.staged_rows, self.staged_bytes) = (0, 0);
        let (Some(first), Some(mut partitioner)) = (staged.first(), self.partitioner.take()) else { return Ok(()) };
        let schema = first.schema();
        let (partitioner, pieces) = blocking(move || {
            let rows = concat_batches(&schema, &staged).map_err(WriteError::arrow("partitioned"))?;
            drop(staged);
            let assigned = partitioner.assign(&rows)?;
            let pieces = pieces(&rows, &assigned, partitioner.targets.len())?;
            Ok((partitioner, pieces))
        })
        .await?;
        self.partitions.resize_with(partitioner.targets.len(), Partition::default);
        self.partitioner = Some(partitioner);
        for (index, piece, bytes) in pieces {
            let partition = &mut self.partitions[index];
            partition.rows += piece.num_rows();
            partition.bytes += bytes;
            partition.batches.push(piece);
            self.waiting_bytes += bytes;
            // Of sorted files every one is sorted as a whole, so they wait for as many rows as possible.
            if self.sort.is_empty() && self.partitions[index].rows >= self.shared.layout.options.row_group_rows {
                self.write_waiting(index).await?;
            }
        }
        while self.waiting_bytes > self.waiting_limit {
            let largest = (0..self.partitions.len()).max_by_key(|index| self.partitions[*index].bytes);
            let Some(largest) = largest.filter(|index| self.partitions[*index].bytes > 0) else { break };
            self.write_waiting(largest).await?;
        }
        Ok(())
    }

    /// Writes the rows that a partition waits with.
    async fn write_waiting(&mut self, index: usize) -> Result<(), WriteError> {
        self.make_room(index).await?;
        let Some(partitioner) = &self.partitioner else { return Ok(()) };
        let partition = &mut self.partitions[index];
        let series = partition
            .series
            .get_or_insert_with(|| FileSeries::new(Arc::clone(&self.shared), partitioner.targets[index].clone()));
        let batches = std::mem::take(&mut partition.batches);
        self.waiting_bytes -= partition.bytes;
        (partition.rows, partition.bytes) = (0, 0);
        write_all(series, batches, &self.sort).await?;
        series.flush().await
    }

    /// Makes the partition the last of those with open files, closing another one if there are too many.
    async fn make_room(&mut self, index: usize) -> Result<(), WriteError> {
        self.open.retain(|open| *open != index);
        while self.open.len() >= self.shared.layout.options.max_open_files.max(1) {
            let oldest = self.open.remove(0);
            if let Some(series) = &mut self.partitions[oldest].series {
                let files = series.close().await?;
                self.done.append(files);
            }
            self.partitions[oldest].series = None;
        }
        self.open.push(index);
        Ok(())
    }
}

/// Writes rows; sorted ones into files of their own.
async fn write_all(series: &mut FileSeries, batches: Vec<RecordBatch>, sort: &[SortKey]) -> Result<(), WriteError> {
    if !sort.is_empty() {
        return write_sorted(series, sort, batches).await;
    }
    for batch in &batches {
        series.write(batch).await?;
    }
    Ok(())
}

/// Writes the rows and ends the files; if this or another partition has `failed`, removes them.
async fn close_partition(
    mut series: FileSeries,
    batches: Vec<RecordBatch>,
    sort: Vec<SortKey>,
    failed: Arc<AtomicBool>,
) -> Result<PendingFiles, WriteError> {
    let result = if failed.load(Ordering::Relaxed) {
        Err(WriteError::Interrupted("another file could not be written".to_string()))
    } else {
        match write_all(&mut series, batches, &sort).await {
            Ok(()) => series.close().await,
            Err(error) => Err(error),
        }
    };
    if result.is_err() {
        failed.store(true, Ordering::Relaxed);
        series.abort().await;
    }
    result
}

/// The rows of each partition in their order, with their bytes; copies that keep nothing else in memory.
pub(super) fn pieces(
    rows: &RecordBatch,
    assigned: &[usize],
    partitions: usize,
) -> Result<Vec<(usize, RecordBatch, usize)>, WriteError> {
    let mut ends = vec![0_usize; partitions + 1];
    assigned.iter().for_each(|partition| ends[partition + 1] += 1);
    for at in 0..partitions {
        ends[at + 1] += ends[at];
    }
    let starts = ends.clone();
    let mut order = vec![0_u32; assigned.len()];
    for (row, partition) in assigned.iter().enumerate() {
        order[ends[*partition]] = row as u32;
        ends[*partition] += 1;
    }
    let present = (0..partitions).filter(|partition| starts[*partition] < ends[*partition]);
    let failed = || WriteError::arrow("partitioned");
    present
        .map(|partition| {
            let order = UInt32Array::from_iter_values(order[starts[partition]..ends[partition]].iter().copied());
            let piece = take_record_batch(rows, &order).map_err(failed())?;
            let columns = piece.columns().iter().map(compact).collect();
            let piece = RecordBatch::try_new(piece.schema(), columns).map_err(failed())?;
            let bytes = piece.get_array_memory_size() + BATCH_OVERHEAD * piece.num_columns();
            Ok((partition, piece, bytes))
        })
        .collect()
}

/// Views that refer to their own bytes alone.
fn compact(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8View => Arc::new(array.as_string_view().gc()),
        DataType::BinaryView => Arc::new(array.as_binary_view().gc()),
        _ => Arc::clone(array),
    }
}
