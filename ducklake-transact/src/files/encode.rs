//! A data file while rows come: its columns, and its bytes.

use std::sync::Arc;

use bytes::Bytes;
use parquet::schema::types::TypePtr;
use tokio::sync::Semaphore;

use super::columns::{FileColumn, encode_group};
use super::error::{WriteError, blocking};
use super::group::RowGroup;
use super::layout::FileColumnStats;
use super::parquet_file::{FileEnd, FileStyle, ParquetFile};

/// Makes the bytes of a data file.
pub(super) struct Encoder {
    path: Arc<str>,
    columns: Vec<FileColumn>,
    /// Sizes of the leaf columns.
    sizes: Vec<i64>,
    file: ParquetFile,
    threads: usize,
}

impl Encoder {
    pub(super) fn new(
        path: &str,
        schema: &TypePtr,
        columns: Vec<FileColumn>,
        style: &FileStyle<'_>,
    ) -> Result<Self, WriteError> {
        let fields = columns.iter().map(|column| column.field.clone()).collect();
        let file = ParquetFile::new(path, schema, fields, style)?;
        Ok(Self { path: path.into(), columns, sizes: Vec::new(), file, threads: style.options.threads.max(1) })
    }

    /// Encodes a row group; gives the bytes that the file has gained.
    pub(super) async fn encode(self, group: RowGroup, encoders: &Arc<Semaphore>) -> Result<(Self, Bytes), WriteError> {
        let Self { path, columns, mut sizes, mut file, threads } = self;
        let writers = file.column_writers().map_err(WriteError::encode(&path))?;
        let (columns, chunks) = encode_group(columns, group, writers, &path, encoders, threads).await?;
        let name = Arc::clone(&path);
        let (file, added, bytes) = blocking(move || {
            let added = file.append(chunks).map_err(WriteError::encode(&name))?;
            let bytes = file.take_bytes().map_err(WriteError::encode(&name))?;
            Ok((file, added, bytes))
        })
        .await?;
        sizes.resize(added.len(), 0);
        sizes.iter_mut().zip(added).for_each(|(size, added)| *size += added);
        Ok((Self { path, columns, sizes, file, threads }, bytes))
    }

    /// The rest of the file, and the statistics of its leaf columns.
    pub(super) fn finish(self) -> Result<(FileEnd, Vec<FileColumnStats>), WriteError> {
        let end = self.file.finish().map_err(WriteError::encode(&self.path))?;
        let mut sizes = self.sizes.into_iter();
        let stats = self.columns.into_iter().flat_map(|column| column.finish(&mut sizes)).collect();
        Ok((end, stats))
    }
}
