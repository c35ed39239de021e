//! Data files one after the other: rows of one partition, or of a table without.

use std::sync::Arc;

use arrow::array::RecordBatch;
use ducklake_storage::{Storage, Tracked};
use parquet::schema::types::TypePtr;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::columns::FileColumn;
use super::distinct::distinct_columns;
use super::encode::Encoder;
use super::error::{WriteError, blocking};
use super::group::{Grouper, RowGroup};
use super::internal::Internal;
use super::layout::{TableLayout, WrittenFile};
use super::parquet_file::FileStyle;
use super::pending::PendingFiles;
use super::schema::parquet_schema;
use super::upload::Upload;

/// What all files of a writer share.
pub(super) struct Shared {
    pub(super) storage: Storage,
    pub(super) layout: TableLayout,
    schema: TypePtr,
    internal: Internal,
    /// Threads that may encode.
    encoders: Arc<Semaphore>,
    /// Row groups that may be on their way, in units of [`GROUP_UNIT`].
    groups: Arc<Semaphore>,
}

/// Bytes of rows for which a row group on its way counts once more.
const GROUP_UNIT: usize = 64 << 20;
/// How many row groups, or units of large ones, are on their way at the same time: enough for those who read and those
/// who encode not to wait for each other, and no more memory than that takes.
const GROUP_UNITS: u32 = 4;

impl Shared {
    pub(super) fn new(storage: Storage, layout: TableLayout, internal: Internal) -> Result<Self, WriteError> {
        let threads = layout.options.threads.max(1);
        Ok(Self {
            schema: parquet_schema(&layout.columns, internal)?,
            internal,
            storage,
            layout,
            encoders: Arc::new(Semaphore::new(threads)),
            groups: Arc::new(Semaphore::new(GROUP_UNITS as usize)),
        })
    }
}

/// Where files go, and the partition they are of.
#[derive(Debug, Clone, Default)]
pub(super) struct Target {
    /// Folder below the table's, with its final `/`; or empty.
    pub(super) folder: String,
    /// Key index and value.
    pub(super) values: Vec<(i64, Option<String>)>,
}

/// A data file that is being written.
struct DataFile {
    path: String,
    encoder: Encoder,
    upload: Upload,
    rows: usize,
}

impl DataFile {
    /// A file whose first rows are those of `group`.
    fn create(shared: &Shared, target: &Target, group: &RowGroup) -> Result<Self, WriteError> {
        let TableLayout { columns, directory, options, encrypted, .. } = &shared.layout;
        let path = format!("{}ducklake-{}.parquet", target.folder, Uuid::now_v7());
        let upload = Upload::new(&shared.storage, format!("{directory}{path}"))?;
        let columns = FileColumn::all(columns, shared.internal);
        let style =
            FileStyle { options, encrypted: *encrypted, without_dictionary: distinct_columns(&columns, group)? };
        let encoder = Encoder::new(upload.full_path(), &shared.schema, columns, &style)?;
        Ok(Self { path, encoder, upload, rows: 0 })
    }

    async fn write(self, group: RowGroup, encoders: &Arc<Semaphore>) -> Result<Self, WriteError> {
        let Self { path, encoder, mut upload, rows } = self;
        let rows = rows + group.rows;
        let result = match encoder.encode(group, encoders).await {
            Ok((encoder, bytes)) => upload.write(bytes).await.map(|()| encoder),
            Err(error) => Err(error),
        };
        match result {
            Ok(encoder) => Ok(Self { path, encoder, upload, rows }),
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        }
    }

    async fn close(self, shared: &Shared, target: &Target) -> Result<WrittenFile, WriteError> {
        let Self { path, encoder, mut upload, rows } = self;
        let result = match blocking(move || encoder.finish()).await {
            Ok((end, stats)) => upload.write(end.bytes.clone()).await.map(|()| (end, stats)),
            Err(error) => Err(error),
        };
        let (end, column_stats) = match result {
            Ok(ended) => ended,
            Err(error) => {
                upload.abort().await;
                return Err(error);
            }
        };
        let (full_path, length) = (upload.full_path().to_string(), upload.length());
        upload.finish().await?;
        Ok(WrittenFile {
            path,
            full_path,
            record_count: rows as i64,
            file_size_bytes: length as i64,
            footer_size: end.footer_size,
            encryption_key: end.key,
            column_stats,
            partition_id: shared.layout.partition.as_ref().map(|partition| partition.partition_id),
            partition_values: target.values.clone(),
            has_row_ids: shared.internal.has_row_ids(),
        })
    }
}

/// The file in progress, and those before it.
struct Progress {
    file: Option<DataFile>,
    done: PendingFiles,
}

impl Progress {
    /// Writes a row group to the file in progress, or to a new one if that is large enough. After an error nothing of
    /// what was written stays.
    async fn write(self, shared: &Shared, target: &Target, group: RowGroup) -> Result<Self, WriteError> {
        let Self { file, mut done } = self;
        let written = async {
            let file = match file {
                Some(file) if file.upload.length() < shared.layout.options.target_file_size => file,
                full => {
                    if let Some(full) = full {
                        done.push(full.close(shared, target).await?);
                    }
                    DataFile::create(shared, target, &group)?
                }
            };
            file.write(group, &shared.encoders).await
        };
        match written.await {
            Ok(file) => Ok(Self { file: Some(file), done }),
            Err(error) => {
                done.remove().await;
                Err(error)
            }
        }
    }
}

/// Row groups on their way into their files, one after the other. Its task ends with it.
struct Encoding(JoinHandle<Tracked<Result<Progress, WriteError>>>);

impl Encoding {
    async fn end(&mut self) -> Result<Progress, WriteError> {
        match (&mut self.0).await {
            Ok(ended) => ended.into_result(),
            Err(error) => Err(WriteError::Interrupted(error.to_string())),
        }
    }
}

impl Drop for Encoding {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The files of a target. While row groups are encoded and sent, the next ones are collected.
pub(super) struct FileSeries {
    shared: Arc<Shared>,
    target: Target,
    grouper: Grouper,
    encoding: Option<Encoding>,
    done: PendingFiles,
}

impl FileSeries {
    pub(super) fn new(shared: Arc<Shared>, target: Target) -> Self {
        let grouper = Grouper::new(&shared.layout.options);
        let done = PendingFiles::new(&shared.storage);
        Self { shared, target, grouper, encoding: None, done }
    }

    /// Adds rows; internal columns are the last.
    pub(super) async fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        for group in self.grouper.push(batch) {
            self.encode(group).await?;
        }
        Ok(())
    }

    /// Makes a row group of the rows that are left.
    pub(super) async fn flush(&mut self) -> Result<(), WriteError> {
        match self.grouper.take() {
            Some(group) => self.encode(group).await,
            None => Ok(()),
        }
    }

    /// Ends the current file.
    pub(super) async fn end_file(&mut self) -> Result<(), WriteError> {
        self.flush().await?;
        match self.settle().await? {
            Some(file) => self.end(file).await,
            None => Ok(()),
        }
    }

    /// Ends the current file; gives the files since the last call.
    pub(super) async fn close(&mut self) -> Result<PendingFiles, WriteError> {
        self.end_file().await?;
        Ok(self.done.split_off())
    }

    /// Removes all files since the last [`FileSeries::close`].
    pub(super) async fn abort(&mut self) {
        if let Ok(Some(file)) = self.settle().await {
            file.upload.abort().await;
        }
        self.done.remove().await;
    }

    async fn encode(&mut self, group: RowGroup) -> Result<(), WriteError> {
        let units = u32::try_from(group.bytes / GROUP_UNIT).unwrap_or(GROUP_UNITS).saturating_add(1).min(GROUP_UNITS);
        let permit = Arc::clone(&self.shared.groups).acquire_many_owned(units).await;
        let permit = permit.map_err(|e| WriteError::Interrupted(e.to_string()))?;
        let previous = self.encoding.take();
        // What has failed is told now, not only after all rows.
        let start = match previous {
            Some(mut ended) if ended.0.is_finished() => Ok(ended.end().await?),
            Some(running) => Err(running),
            None => Ok(Progress { file: None, done: PendingFiles::new(&self.shared.storage) }),
        };
        let (shared, target) = (Arc::clone(&self.shared), self.target.clone());
        self.encoding = Some(Encoding(self.shared.storage.spawn(async move {
            let progress = match start {
                Ok(progress) => progress,
                Err(mut running) => running.end().await?,
            };
            let _permit = permit;
            progress.write(&shared, &target, group).await
        })));
        Ok(())
    }

    async fn end(&mut self, file: DataFile) -> Result<(), WriteError> {
        let written = file.close(&self.shared, &self.target).await?;
        self.done.push(written);
        Ok(())
    }

    /// The current file, as soon as nothing is on its way into it.
    async fn settle(&mut self) -> Result<Option<DataFile>, WriteError> {
        let Some(mut encoding) = self.encoding.take() else { return Ok(None) };
        let Progress { file, done } = encoding.end().await?;
        self.done.append(done);
        Ok(file)
    }
}
