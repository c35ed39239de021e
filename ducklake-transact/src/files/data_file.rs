//! Data files one after the other: rows of one partition, or of a table without.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use ducklake_storage::{Storage, Tracked};
use parquet::schema::types::TypePtr;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::columns::{EncodedGroup, FileColumn, encode_group};
use super::distinct::distinct_columns;
use super::encode::Encoder;
use super::error::{WriteError, blocking};
use super::group::{Grouper, RowGroup};
use super::internal::Internal;
use super::layout::{TableLayout, WrittenFile};
use super::parquet_file::{ColumnWriters, FileStyle};
use super::pending::PendingFiles;
use super::pool::Pool;
use super::schema::parquet_schema;
use super::upload::Upload;

/// What all files of a writer share.
pub(super) struct Shared {
    pub(super) storage: Storage,
    pub(super) layout: TableLayout,
    schema: TypePtr,
    internal: Internal,
    encoders: Pool,
    /// Row groups that may be on their way, in units of [`GROUP_UNIT`].
    groups: Arc<Semaphore>,
    group_units: u32,
}

/// Bytes of rows for which a row group on its way counts once more.
const GROUP_UNIT: usize = 64 << 20;

/// How many row groups, or units of large ones, are on their way at the same time: one for each thread that encodes and
/// one more, so that those who read and those who encode do not wait for each other, and no more memory than that takes.
fn group_units(threads: usize) -> u32 {
    u32::try_from(threads).unwrap_or(u32::MAX).clamp(2, 64) + 1
}

impl Shared {
    pub(super) fn new(storage: Storage, layout: TableLayout, internal: Internal) -> Result<Self, WriteError> {
        let threads = layout.options.threads.max(1);
        Ok(Self {
            schema: parquet_schema(&layout.columns, internal)?,
            internal,
            storage,
            layout,
            encoders: Pool::new(threads),
            groups: Arc::new(Semaphore::new(group_units(threads) as usize)),
            group_units: group_units(threads),
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
    /// A file whose first rows are those of `group`, and what encodes its row groups.
    fn create(shared: &Shared, target: &Target, group: &RowGroup) -> Result<(Self, Current), WriteError> {
        let TableLayout { columns, directory, options, encrypted, .. } = &shared.layout;
        let path = format!("{}ducklake-{}.parquet", target.folder, Uuid::now_v7());
        let upload = Upload::new(&shared.storage, format!("{directory}{path}"))?;
        let columns = FileColumn::all(columns, shared.internal);
        let style = FileStyle {
            options,
            encrypted: *encrypted,
            without_dictionary: distinct_columns(&columns, group)?,
            without_statistics: columns.iter().filter(|c| c.measures_chunks()).map(|c| c.name.clone()).collect(),
        };
        let full_path = Arc::from(upload.full_path());
        let (encoder, writers) = Encoder::new(&full_path, &shared.schema, &columns, &style)?;
        let current = Current { path: full_path, writers, growth: Arc::default() };
        Ok((Self { path, encoder, upload, rows: 0 }, current))
    }

    async fn append(self, group: EncodedGroup) -> Result<Self, WriteError> {
        let Self { path, encoder, mut upload, rows } = self;
        let rows = rows + group.rows;
        let result = match encoder.append(group).await {
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

/// How far a file has come, as the tasks that write it tell.
#[derive(Debug, Default)]
struct Growth {
    /// Bytes of the file.
    written: AtomicU64,
    /// Bytes of rows that are on their way into it.
    queued: AtomicU64,
}

/// What the next row groups of a file are encoded with, while those before are still on their way.
struct Current {
    path: Arc<str>,
    writers: ColumnWriters,
    growth: Arc<Growth>,
}

/// The file in progress, and those before it.
struct Progress {
    file: Option<DataFile>,
    done: PendingFiles,
}

impl Progress {
    /// Writes a row group to the file in progress, or to a new one. After an error nothing of what was written stays.
    async fn append(
        self,
        shared: &Shared,
        target: &Target,
        new: Option<DataFile>,
        group: Result<EncodedGroup, WriteError>,
    ) -> Result<Self, WriteError> {
        let Self { file, mut done } = self;
        let written = async {
            let group = match group {
                Ok(group) => group,
                Err(error) => {
                    if let Some(file) = file {
                        file.upload.abort().await;
                    }
                    return Err(error);
                }
            };
            let file = match (new, file) {
                (Some(new), Some(full)) => {
                    done.push(full.close(shared, target).await?);
                    new
                }
                (Some(file), None) | (None, Some(file)) => file,
                (None, None) => return Err(WriteError::Interrupted("its file is gone".to_string())),
            };
            file.append(group).await
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

/// Row groups on their way into their files. Its task ends with it.
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

/// What is there before the next row group: what the last one has led to, or will.
enum Before {
    Ended(Progress),
    Running(Encoding),
}

impl Before {
    async fn end(self) -> Result<Progress, WriteError> {
        match self {
            Self::Ended(progress) => Ok(progress),
            Self::Running(mut encoding) => encoding.end().await,
        }
    }
}

/// The files of a target. While row groups are encoded, several at a time, and sent, in their order, the next ones are
/// collected.
pub(super) struct FileSeries {
    shared: Arc<Shared>,
    target: Target,
    grouper: Grouper,
    current: Option<Current>,
    before: Option<Before>,
    done: PendingFiles,
}

impl FileSeries {
    pub(super) fn new(shared: Arc<Shared>, target: Target) -> Self {
        let grouper = Grouper::new(&shared.layout.options);
        let done = PendingFiles::new(&shared.storage);
        Self { shared, target, grouper, current: None, before: None, done }
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
        let before = self.before().await?;
        let most = self.shared.group_units;
        let units = u32::try_from(group.bytes / GROUP_UNIT).unwrap_or(most).saturating_add(1).min(most);
        let permit = Arc::clone(&self.shared.groups).acquire_many_owned(units).await;
        let permit = permit.map_err(|e| WriteError::Interrupted(e.to_string()))?;
        let (group, new) = self.file_for(group).await?;
        let Some(current) = &mut self.current else {
            return Err(WriteError::Interrupted("its file is gone".to_string()));
        };
        let (path, growth) = (Arc::clone(&current.path), Arc::clone(&current.growth));
        let writers = current.writers.next().map_err(WriteError::encode(&path))?;
        let (shared, target, bytes) = (Arc::clone(&self.shared), self.target.clone(), group.bytes as u64);
        growth.queued.fetch_add(bytes, Ordering::AcqRel);
        self.before = Some(Before::Running(Encoding(self.shared.storage.spawn(async move {
            let _permit = permit;
            let columns = FileColumn::all(&shared.layout.columns, shared.internal);
            let threads = shared.layout.options.threads.max(1);
            let group = encode_group(columns, group, writers, &path, &shared.encoders, threads).await;
            let progress = before.end().await?.append(&shared, &target, new, group).await?;
            growth.written.store(progress.file.as_ref().map_or(0, |file| file.upload.length()), Ordering::Release);
            growth.queued.fetch_sub(bytes, Ordering::AcqRel);
            Ok(progress)
        }))));
        Ok(())
    }

    /// What the next row group comes behind. What has failed is told now, not only after all rows.
    async fn before(&mut self) -> Result<Before, WriteError> {
        let Some(before) = self.before.take() else {
            return Ok(Before::Ended(Progress { file: None, done: PendingFiles::new(&self.shared.storage) }));
        };
        let waits = match &self.current {
            // Whether the file is large enough is only known for certain when nothing is on its way into it.
            Some(Current { growth, .. }) => {
                let most = growth.written.load(Ordering::Acquire) + growth.queued.load(Ordering::Acquire);
                self.shared.layout.encrypted || most >= self.shared.layout.options.target_file_size
            }
            None => false,
        };
        match before {
            Before::Running(encoding) if !waits && !encoding.0.is_finished() => Ok(Before::Running(encoding)),
            before => Ok(Before::Ended(before.end().await?)),
        }
    }

    /// A new file for a row group, where there is none yet or the current one is large enough.
    async fn file_for(&mut self, group: RowGroup) -> Result<(RowGroup, Option<DataFile>), WriteError> {
        let target_size = self.shared.layout.options.target_file_size;
        let is_full = |current: &Current| current.growth.written.load(Ordering::Acquire) >= target_size;
        if self.current.as_ref().is_some_and(|current| !is_full(current)) {
            return Ok((group, None));
        }
        let (shared, target) = (Arc::clone(&self.shared), self.target.clone());
        let (group, (file, current)) = blocking(move || {
            let made = DataFile::create(&shared, &target, &group)?;
            Ok((group, made))
        })
        .await?;
        self.current = Some(current);
        Ok((group, Some(file)))
    }

    async fn end(&mut self, file: DataFile) -> Result<(), WriteError> {
        let written = file.close(&self.shared, &self.target).await?;
        self.done.push(written);
        Ok(())
    }

    /// The current file, as soon as nothing is on its way into it.
    async fn settle(&mut self) -> Result<Option<DataFile>, WriteError> {
        self.current = None;
        let Some(before) = self.before.take() else { return Ok(None) };
        let Progress { file, done } = before.end().await?;
        self.done.append(done);
        Ok(file)
    }
}
