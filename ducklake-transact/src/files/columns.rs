//! The columns of one file while it is written: each is converted, measured and encoded on its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use ducklake_format::stats::StatisticsCollector;
use ducklake_format::{Column, ColumnId, LakeType};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::data_type::ByteArray;
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::convert::to_file_values;
use super::error::WriteError;
use super::group::{RowGroup, array_bytes};
use super::internal::Internal;
use super::layout::FileColumnStats;
use super::pool::Pool;
use super::schema::{file_type, leaf_ids};

/// Below this many bytes a row group is encoded by one thread.
const PARALLEL_BYTES: usize = 1 << 20;

/// A top-level column of a file.
pub(super) struct FileColumn {
    pub(super) name: String,
    /// `None` for internal columns.
    lake: Option<(LakeType, SchemaRef, StatisticsCollector)>,
    /// Its form in the file.
    pub(super) field: Field,
    /// Its leaf columns.
    leaves: Vec<ColumnId>,
}

impl FileColumn {
    /// The columns of a file of the table, with internal columns at the end.
    pub(super) fn all(columns: &[Column], internal: Internal) -> Vec<Self> {
        let internal = internal.columns().iter().zip(internal.fields()).map(|((name, id), field)| Self {
            name: (*name).to_string(),
            lake: None,
            field,
            leaves: vec![ColumnId::from(*id)],
        });
        columns.iter().map(Self::new).chain(internal).collect()
    }

    fn new(column: &Column) -> Self {
        let collector = StatisticsCollector::new(std::slice::from_ref(column));
        let schema = Arc::new(Schema::new(vec![column.field()]));
        Self {
            name: column.name.clone(),
            lake: Some((column.lake_type.clone(), schema, collector)),
            field: Field::new(&column.name, file_type(&column.lake_type, false), true),
            leaves: leaf_ids(std::slice::from_ref(column)),
        }
    }

    /// Adds what was seen of the same column in the next row group.
    fn merge(&mut self, next: Self) {
        if let (Some((_, _, collector)), Some((_, _, next))) = (&mut self.lake, next.lake) {
            collector.merge(next);
        }
    }

    /// The statistics of its leaf columns, whose sizes come next; none of internal columns.
    pub(super) fn finish(self, sizes: &mut impl Iterator<Item = i64>) -> Vec<FileColumnStats> {
        let Some((_, _, collector)) = self.lake else { return Vec::new() };
        let mut stats: HashMap<_, _> = collector.finish().into_iter().collect();
        let leaves = self.leaves.into_iter().zip(sizes);
        leaves
            .map(|(column_id, column_size_bytes)| FileColumnStats {
                column_id,
                column_size_bytes,
                stats: stats.remove(&column_id).unwrap_or_default(),
            })
            .collect()
    }

    /// Whether the statistics of its chunks are those that are collected anyway: of strings, comparing every value a
    /// second time takes long.
    pub(super) fn measures_chunks(&self) -> bool {
        matches!(&self.lake, Some((LakeType::Varchar | LakeType::Blob, _, _)))
    }

    /// The statistics of the one row group that it has seen, as the file has them.
    fn chunk_statistics(&self) -> Option<Statistics> {
        let (lake_type, _, collector) = self.lake.as_ref().filter(|_| self.measures_chunks())?;
        let (nulls, bounds) = collector.byte_bounds();
        let value = |bytes: &[u8]| ByteArray::from(bytes.to_vec());
        let (min, max) = match bounds {
            Some((min, max)) => {
                let cut = cut_below(min, matches!(lake_type, LakeType::Varchar));
                (Some((value(cut), cut.len() == min.len())), Some(max).filter(|max| max.len() <= MAX_BOUND).map(value))
            }
            None => (None, None),
        };
        let is_exact = min.as_ref().is_none_or(|(_, is_exact)| *is_exact);
        let values = ValueStatistics::new(min.map(|(min, _)| min), max, None, Some(nulls), false);
        Some(Statistics::ByteArray(values.with_min_is_exact(is_exact)))
    }

    fn encode(
        &mut self,
        arrays: Vec<ArrayRef>,
        mut writers: Vec<ArrowColumnWriter>,
        path: &str,
    ) -> Result<Vec<ArrowColumnChunk>, WriteError> {
        for array in arrays {
            let array = match &mut self.lake {
                Some((lake_type, schema, collector)) => {
                    let batch = RecordBatch::try_new(Arc::clone(schema), vec![Arc::clone(&array)]);
                    collector.update(&batch.map_err(WriteError::arrow("measured"))?)?;
                    to_file_values(&self.name, lake_type, &array)?
                }
                None => array,
            };
            let leaves = compute_leaves(&self.field, &array).map_err(WriteError::encode(path))?;
            for (writer, leaf) in writers.iter_mut().zip(leaves) {
                writer.write(&leaf).map_err(WriteError::encode(path))?;
            }
        }
        let close = |writer: ArrowColumnWriter| {
            let mut chunk = writer.close()?;
            if let Some(statistics) = self.chunk_statistics() {
                let metadata = &mut chunk.close_mut().metadata;
                *metadata = metadata.clone().into_builder().set_statistics(statistics).build()?;
            }
            Ok(chunk)
        };
        writers.into_iter().map(close).collect::<Result<_, _>>().map_err(WriteError::encode(path))
    }
}

/// The longest bound of strings and blobs in a file's statistics.
const MAX_BOUND: usize = 256;

/// A lower bound of a string or blob that is not too long: its beginning.
fn cut_below(min: &[u8], is_text: bool) -> &[u8] {
    if min.len() <= MAX_BOUND {
        return min;
    }
    let is_start = |at: usize| !is_text || min[at] & 0xc0 != 0x80;
    &min[..(1..=MAX_BOUND).rev().find(|at| is_start(*at)).unwrap_or_default()]
}

/// A column of a row group that is to be encoded.
struct Job {
    index: usize,
    column: FileColumn,
    arrays: Vec<ArrayRef>,
    writers: Vec<ArrowColumnWriter>,
}

/// A row group in the form of the file, and what was seen of its columns.
pub(super) struct EncodedGroup {
    pub(super) rows: usize,
    pub(super) columns: Vec<FileColumn>,
    pub(super) chunks: Vec<ArrowColumnChunk>,
}

/// Adds what was seen of a row group's columns to what was seen before.
pub(super) fn merge_columns(all: &mut Vec<FileColumn>, next: Vec<FileColumn>) {
    if all.is_empty() {
        *all = next;
    } else {
        all.iter_mut().zip(next).for_each(|(column, next)| column.merge(next));
    }
}

/// Encodes a row group, its columns in parallel. `writers` are those of all leaf columns.
pub(super) async fn encode_group(
    columns: Vec<FileColumn>,
    group: RowGroup,
    writers: Vec<ArrowColumnWriter>,
    path: &Arc<str>,
    encoders: &Pool,
    threads: usize,
) -> Result<EncodedGroup, WriteError> {
    let rows = group.rows;
    let threads = if group.bytes < PARALLEL_BYTES { 1 } else { threads.clamp(1, columns.len().max(1)) };
    let count = columns.len();
    let jobs = Arc::new(Mutex::new(jobs(columns, &group, writers).into_iter()));
    drop(group);
    let workers = (0..threads).map(|_| {
        let (jobs, path) = (Arc::clone(&jobs), Arc::clone(path));
        encoders.run(move || {
            let mut done = Vec::new();
            let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some(Job { index, mut column, arrays, writers }) = next() {
                let chunks = column.encode(arrays, writers, &path)?;
                done.push((index, column, chunks));
            }
            Ok(done)
        })
    });
    let mut done: Vec<_> = futures::future::try_join_all(workers).await?.into_iter().flatten().collect();
    done.sort_by_key(|(index, _, _)| *index);
    let mut columns = Vec::with_capacity(count);
    let mut chunks = Vec::new();
    for (_, column, encoded) in done {
        columns.push(column);
        chunks.extend(encoded);
    }
    Ok(EncodedGroup { rows, columns, chunks })
}

/// The columns of a group, those that take longest first.
fn jobs(columns: Vec<FileColumn>, group: &RowGroup, writers: Vec<ArrowColumnWriter>) -> Vec<Job> {
    let mut writers = writers.into_iter();
    let mut jobs: Vec<Job> = columns
        .into_iter()
        .enumerate()
        .map(|(index, column)| {
            let arrays = group.batches.iter().map(|batch| Arc::clone(batch.column(index))).collect();
            let writers = writers.by_ref().take(column.leaves.len()).collect();
            Job { index, column, arrays, writers }
        })
        .collect();
    jobs.sort_by_cached_key(|job| {
        std::cmp::Reverse(job.arrays.iter().map(|array| array_bytes(array.as_ref())).sum::<usize>())
    });
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_bounds_are_cut_between_characters() {
        assert_eq!(cut_below(b"abc", true), b"abc");
        let long = "é".repeat(200);
        assert_eq!(cut_below(long.as_bytes(), true).len(), 256);
        let odd = format!("x{long}");
        assert_eq!(cut_below(odd.as_bytes(), true).len(), 255);
        assert_eq!(cut_below(odd.as_bytes(), false).len(), 256);
    }
}
