//! The columns of one file while it is written: each is converted, measured and encoded on its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use ducklake_format::stats::StatisticsCollector;
use ducklake_format::{Column, ColumnId, LakeType};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use tokio::sync::Semaphore;

use super::convert::to_file_values;
use super::error::{WriteError, blocking};
use super::group::{RowGroup, array_bytes};
use super::internal::Internal;
use super::layout::FileColumnStats;
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
        let chunks = writers.into_iter().map(ArrowColumnWriter::close).collect::<Result<Vec<_>, _>>();
        chunks.map_err(WriteError::encode(path))
    }
}

/// A column of a row group that is to be encoded.
struct Job {
    index: usize,
    column: FileColumn,
    arrays: Vec<ArrayRef>,
    writers: Vec<ArrowColumnWriter>,
}

/// Encodes a row group, its columns in parallel. `writers` are those of all leaf columns.
pub(super) async fn encode_group(
    columns: Vec<FileColumn>,
    group: RowGroup,
    writers: Vec<ArrowColumnWriter>,
    path: &Arc<str>,
    encoders: &Arc<Semaphore>,
    threads: usize,
) -> Result<(Vec<FileColumn>, Vec<ArrowColumnChunk>), WriteError> {
    let threads = if group.bytes < PARALLEL_BYTES { 1 } else { threads.clamp(1, columns.len().max(1)) };
    let count = columns.len();
    let jobs = Arc::new(Mutex::new(jobs(columns, &group, writers).into_iter()));
    drop(group);
    let workers = (0..threads).map(|_| {
        let (jobs, path, encoders) = (Arc::clone(&jobs), Arc::clone(path), Arc::clone(encoders));
        async move {
            let permit = encoders.acquire_owned().await.map_err(|e| WriteError::Interrupted(e.to_string()))?;
            blocking(move || {
                let _permit = permit;
                let mut done = Vec::new();
                let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some(Job { index, mut column, arrays, writers }) = next() {
                    let chunks = column.encode(arrays, writers, &path)?;
                    done.push((index, column, chunks));
                }
                Ok(done)
            })
            .await
        }
    });
    let mut done: Vec<_> = futures::future::try_join_all(workers).await?.into_iter().flatten().collect();
    done.sort_by_key(|(index, _, _)| *index);
    let mut columns = Vec::with_capacity(count);
    let mut chunks = Vec::new();
    for (_, column, encoded) in done {
        columns.push(column);
        chunks.extend(encoded);
    }
    Ok((columns, chunks))
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
