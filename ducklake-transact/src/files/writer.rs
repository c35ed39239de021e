//! Rows of a table into data files.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use ducklake_format::Column;
use ducklake_storage::Storage;

use super::data_file::{FileSeries, Shared, Target};
use super::error::WriteError;
use super::group::value_bytes;
use super::internal::Internal;
use super::layout::{SortKey, TableLayout, WrittenFile};
use super::partition::Partitioner;
use super::pending::PendingFiles;
use super::sort::{usable_keys, write_sorted};
use super::split::Splitter;

/// Rows that are sorted together, and so the rows of a sorted file at most.
const SORTED_BYTES: usize = 256 << 20;

/// Writes rows of a table into new data files.
///
/// What is written belongs to the writer until [`TableWriter::finish`]: an error, [`TableWriter::abort`] and, as well
/// as it can, dropping the writer remove all of it. Needs a Tokio runtime.
pub struct TableWriter {
    storage: Storage,
    layout: TableLayout,
    rows: u64,
    state: State,
    done: PendingFiles,
}

enum State {
    /// Nothing written since the start, or since the kind of rows changed.
    Empty,
    Writing(Box<Output>),
    /// An error has ended it.
    Failed,
}

/// Rows of one kind: all with row ids, or all without.
struct Output {
    internal: Internal,
    schema: SchemaRef,
    sink: Sink,
}

enum Sink {
    Plain(FileSeries),
    Sorted { series: FileSeries, keys: Vec<SortKey>, batches: Vec<RecordBatch>, bytes: usize },
    Split(Splitter),
}

impl TableWriter {
    /// A writer of new files in the table's folder; nothing is written before there are rows.
    pub fn new(storage: Storage, layout: TableLayout) -> Self {
        let done = PendingFiles::new(&storage);
        Self { storage, layout, rows: 0, state: State::Empty, done }
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds rows: the table's columns in order, of the types of [`Column::field`]. With `row_ids` the rows keep
    /// these; rows with and without go to different files.
    ///
    /// # Errors
    /// [`WriteError`] if the rows do not fit the table or cannot be written; everything written is removed then.
    pub async fn write(&mut self, batch: RecordBatch, row_ids: Option<&Int64Array>) -> Result<(), WriteError> {
        match self.try_write(&batch, row_ids).await {
            Ok(()) => {
                self.rows += batch.num_rows() as u64;
                Ok(())
            }
            Err(error) => {
                self.remove().await;
                Err(error)
            }
        }
    }

    /// Completes the files, which are the caller's from now on.
    ///
    /// # Errors
    /// [`WriteError`] if a file cannot be completed; everything written is removed then.
    pub async fn finish(mut self) -> Result<Vec<WrittenFile>, WriteError> {
        match self.close_output().await {
            Ok(()) => Ok(self.done.take()),
            Err(error) => {
                self.remove().await;
                Err(error)
            }
        }
    }

    /// Removes everything that was written.
    pub async fn abort(mut self) {
        self.remove().await;
    }

    /// Lets fewer bytes of rows wait for their partitions' files.
    #[cfg(test)]
    pub(super) fn limit_waiting(&mut self, bytes: usize) {
        if let State::Writing(output) = &mut self.state
            && let Sink::Split(splitter) = &mut output.sink
        {
            splitter.waiting_limit = bytes;
        }
    }

    async fn try_write(&mut self, batch: &RecordBatch, row_ids: Option<&Int64Array>) -> Result<(), WriteError> {
        check(batch, &self.layout.columns, row_ids)?;
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let internal = Internal::row_ids(row_ids.is_some());
        if matches!(&self.state, State::Writing(output) if output.internal != internal) {
            self.close_output().await?;
        }
        if matches!(self.state, State::Empty) {
            let output = Output::new(&self.storage, &self.layout, internal)?;
            self.state = State::Writing(Box::new(output));
        }
        let State::Writing(output) = &mut self.state else {
            return Err(WriteError::Interrupted("an earlier failure has ended it".to_string()));
        };
        let mut columns = batch.columns().to_vec();
        columns.extend(row_ids.map(|ids| Arc::new(ids.clone()) as ArrayRef));
        let rows = RecordBatch::try_new(Arc::clone(&output.schema), columns).map_err(WriteError::arrow("taken"))?;
        output.sink.write(rows).await
    }

    async fn close_output(&mut self) -> Result<(), WriteError> {
        match &mut self.state {
            State::Empty => return Ok(()),
            State::Writing(output) => self.done.append(output.sink.close().await?),
            State::Failed => return Err(WriteError::Interrupted("an earlier failure has ended it".to_string())),
        }
        self.state = State::Empty;
        Ok(())
    }

    async fn remove(&mut self) {
        if let State::Writing(output) = &mut self.state {
            output.sink.abort().await;
        }
        self.state = State::Failed;
        self.done.remove().await;
    }
}

impl std::fmt::Debug for TableWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWriter")
            .field("directory", &self.layout.directory)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Output {
    fn new(storage: &Storage, layout: &TableLayout, internal: Internal) -> Result<Self, WriteError> {
        let shared = Arc::new(Shared::new(storage.clone(), layout.clone(), internal)?);
        let keys = usable_keys(&layout.sort, &layout.columns);
        let partition = layout.partition.as_ref().filter(|partition| !partition.keys.is_empty());
        let series = || FileSeries::new(Arc::clone(&shared), Target::default());
        let sink = match partition {
            Some(partition) => {
                let partitioner = Partitioner::new(layout, &partition.keys)?;
                Sink::Split(Splitter::new(Arc::clone(&shared), partitioner, keys))
            }
            None if keys.is_empty() => Sink::Plain(series()),
            None => Sink::Sorted { series: series(), keys, batches: Vec::new(), bytes: 0 },
        };
        let fields = layout.columns.iter().map(Column::field);
        let fields = fields.chain(internal.fields());
        Ok(Self { internal, schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())), sink })
    }
}

impl Sink {
    async fn write(&mut self, rows: RecordBatch) -> Result<(), WriteError> {
        match self {
            Self::Plain(series) => series.write(&rows).await,
            Self::Split(splitter) => splitter.write(rows).await,
            Self::Sorted { series, keys, batches, bytes } => {
                *bytes += value_bytes(&rows);
                batches.push(rows);
                if *bytes < SORTED_BYTES {
                    return Ok(());
                }
                *bytes = 0;
                write_sorted(series, keys, std::mem::take(batches)).await
            }
        }
    }

    async fn close(&mut self) -> Result<PendingFiles, WriteError> {
        match self {
            Self::Plain(series) => series.close().await,
            Self::Split(splitter) => splitter.close().await,
            Self::Sorted { series, keys, batches, .. } => {
                write_sorted(series, keys, std::mem::take(batches)).await?;
                series.close().await
            }
        }
    }

    async fn abort(&mut self) {
        match self {
            Self::Plain(series) | Self::Sorted { series, .. } => series.abort().await,
            Self::Split(splitter) => splitter.abort().await,
        }
    }
}

fn check(batch: &RecordBatch, columns: &[Column], row_ids: Option<&Int64Array>) -> Result<(), WriteError> {
    if batch.num_columns() != columns.len() {
        let problem = format!("they have {} columns, the table has {}", batch.num_columns(), columns.len());
        return Err(WriteError::Rows { problem });
    }
    for (array, column) in batch.columns().iter().zip(columns) {
        let wanted = column.lake_type.arrow_type();
        if !wanted.equals_datatype(array.data_type()) {
            let problem = format!("column '{}' is {} and not {wanted}", column.name, array.data_type());
            return Err(WriteError::Rows { problem });
        }
    }
    match row_ids {
        Some(ids) if ids.len() != batch.num_rows() => {
            Err(WriteError::rows(format!("{} rows come with {} row ids", batch.num_rows(), ids.len())))
        }
        Some(ids) if ids.null_count() > 0 => Err(WriteError::rows("some row ids are NULL")),
        _ => Ok(()),
    }
}
