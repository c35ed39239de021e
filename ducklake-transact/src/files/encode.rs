//! A data file while rows come: what is known of its columns, and its bytes.

use std::sync::Arc;

use bytes::Bytes;
use parquet::schema::types::TypePtr;

use super::columns::{EncodedGroup, FileColumn, merge_columns};
use super::error::{WriteError, blocking};
use super::layout::FileColumnStats;
use super::parquet_file::{ColumnWriters, FileEnd, FileStyle, ParquetFile};

/// Makes the bytes of a data file.
pub(super) struct Encoder {
    path: Arc<str>,
    /// The columns as seen so far; none before the first row group.
    columns: Vec<FileColumn>,
    /// Sizes of the leaf columns.
    sizes: Vec<i64>,
    file: ParquetFile,
}

impl Encoder {
    /// A file with these columns, and what encodes its row groups.
    pub(super) fn new(
        path: &Arc<str>,
        schema: &TypePtr,
        columns: &[FileColumn],
        style: &FileStyle<'_>,
    ) -> Result<(Self, ColumnWriters), WriteError> {
        let fields = columns.iter().map(|column| column.field.clone()).collect();
        let (file, writers) = ParquetFile::new(path, schema, fields, style)?;
        Ok((Self { path: Arc::clone(path), columns: Vec::new(), sizes: Vec::new(), file }, writers))
    }

    /// Adds the next row group; gives the bytes that the file has gained.
    pub(super) async fn append(self, group: EncodedGroup) -> Result<(Self, Bytes), WriteError> {
        blocking(move || {
            let Self { path, mut columns, mut sizes, mut file } = self;
            let added = file.append(group.chunks).map_err(WriteError::encode(&path))?;
            let bytes = file.take_bytes().map_err(WriteError::encode(&path))?;
            sizes.resize(added.len(), 0);
            sizes.iter_mut().zip(added).for_each(|(size, added)| *size += added);
            merge_columns(&mut columns, group.columns);
            Ok((Self { path, columns, sizes, file }, bytes))
        })
        .await
    }

    /// The rest of the file, and the statistics of its leaf columns.
    pub(super) fn finish(self) -> Result<(FileEnd, Vec<FileColumnStats>), WriteError> {
        let end = self.file.finish().map_err(WriteError::encode(&self.path))?;
        let mut sizes = self.sizes.into_iter();
        let stats = self.columns.into_iter().flat_map(|column| column.finish(&mut sizes)).collect();
        Ok((end, stats))
    }
}
