//! The bytes of one Parquet file as it grows.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use bytes::Bytes;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory};
use parquet::basic::LogicalType;
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, SchemaDescriptor, TypePtr};

use super::error::WriteError;
use super::layout::FileOptions;
use super::sealing::{MAGIC, Sealing};

/// Bytes after the metadata of a file: its length and the magic word.
const TAIL_BYTES: usize = 8;

/// Values that are encoded in one go; the crate's own 1,024 are soon done with.
const WRITE_BATCH: usize = 8_192;

/// A file in the making.
pub(super) struct ParquetFile {
    file: SerializedFileWriter<Vec<u8>>,
    sealing: Option<Arc<Sealing>>,
    is_begun: bool,
}

/// Makes the writers of a file's columns, row group by row group. Those of an encrypted file must have been appended to
/// it before the next are made.
pub(super) struct ColumnWriters {
    factory: ArrowRowGroupWriterFactory,
    groups: usize,
}

impl ColumnWriters {
    /// Writers of all leaf columns for the next row group.
    pub(super) fn next(&mut self) -> Result<Vec<ArrowColumnWriter>> {
        self.groups += 1;
        self.factory.create_column_writers(self.groups - 1)
    }
}

/// How a file is made.
pub(super) struct FileStyle<'a> {
    pub(super) options: &'a FileOptions,
    pub(super) encrypted: bool,
    /// Top-level columns whose values are too different for a dictionary.
    pub(super) without_dictionary: Vec<String>,
    /// Top-level columns whose statistics are set by those who write them.
    pub(super) without_statistics: Vec<String>,
}

/// The end of a file.
pub(super) struct FileEnd {
    pub(super) bytes: Bytes,
    pub(super) footer_size: i64,
    /// The file's key in base64.
    pub(super) key: Option<String>,
}

impl ParquetFile {
    /// A file of that schema, whose columns come as `fields`.
    pub(super) fn new(
        path: &str,
        schema: &TypePtr,
        fields: Vec<Field>,
        style: &FileStyle<'_>,
    ) -> std::result::Result<(Self, ColumnWriters), WriteError> {
        let sealing = if style.encrypted { Some(Sealing::new(path)?) } else { None };
        let properties = Arc::new(properties(style, schema));
        let file = SerializedFileWriter::new(Vec::new(), Arc::clone(schema), properties);
        let file = file.map_err(WriteError::encode(path))?;
        let mut factory = ArrowRowGroupWriterFactory::new(&file, Arc::new(Schema::new(fields)));
        if let Some(sealing) = &sealing {
            let sealing = Arc::clone(sealing);
            factory = factory.with_page_store_factory(sealing);
        }
        Ok((Self { file, sealing, is_begun: false }, ColumnWriters { factory, groups: 0 }))
    }

    /// Adds the next row group, which writers of [`ColumnWriters`] made; gives the sizes of its leaf columns.
    pub(super) fn append(&mut self, chunks: Vec<ArrowColumnChunk>) -> Result<Vec<i64>> {
        let mut sizes = Vec::with_capacity(chunks.len());
        let mut group = self.file.next_row_group()?;
        for (column, mut chunk) in chunks.into_iter().enumerate() {
            if let Some(sealing) = &self.sealing {
                let close = chunk.close_mut();
                close.metadata = sealing.sealed_chunk(column, &close.metadata)?;
            }
            sizes.push(chunk.close().metadata.compressed_size());
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(sizes)
    }

    /// What the file has gained since the last call.
    pub(super) fn take_bytes(&mut self) -> Result<Bytes> {
        self.file.flush()?;
        let buffer = self.file.inner_mut();
        // The next row group will be about as long.
        let next = Vec::with_capacity(buffer.len());
        let mut bytes = std::mem::replace(buffer, next);
        if self.sealing.is_some() && !self.is_begun && bytes.len() >= MAGIC.len() {
            bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        }
        self.is_begun = true;
        Ok(bytes.into())
    }

    /// The rest of the file.
    pub(super) fn finish(mut self) -> Result<FileEnd> {
        let mut bytes: Vec<u8> = self.take_bytes()?.into();
        let metadata = self.file.finish()?;
        match &self.sealing {
            Some(sealing) => bytes.extend(sealing.end(metadata)?),
            None => bytes.append(self.file.inner_mut()),
        }
        let key = self.sealing.as_ref().map(|sealing| sealing.key());
        Ok(FileEnd { footer_size: footer_size(&bytes), bytes: bytes.into(), key })
    }
}

/// Length of the metadata at the end of a file, as the file's last bytes say.
fn footer_size(end: &[u8]) -> i64 {
    let tail = end.len().checked_sub(TAIL_BYTES).and_then(|start| end[start..].first_chunk::<4>());
    tail.map_or(0, |length| i64::from(u32::from_le_bytes(*length)))
}

fn properties(style: &FileStyle<'_>, schema: &TypePtr) -> WriterProperties {
    let FileStyle { options, encrypted, without_dictionary, without_statistics } = style;
    // DuckDB cannot read encrypted pages of version 2.
    let version_2 = options.version_2 && !*encrypted;
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("quacklake version ", env!("CARGO_PKG_VERSION")).to_string())
        .set_compression(options.compression)
        .set_write_batch_size(WRITE_BATCH)
        .set_writer_version(if version_2 { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 });
    if *encrypted {
        // No page indexes: they would stand there unencrypted.
        properties = properties.set_statistics_enabled(EnabledStatistics::Chunk).set_offset_index_disabled(true);
    }
    for name in without_dictionary {
        properties = properties.set_column_dictionary_enabled(ColumnPath::new(vec![name.clone()]), false);
    }
    for name in without_statistics {
        let path = ColumnPath::new(vec![name.clone()]);
        properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    for column in SchemaDescriptor::new(Arc::clone(schema)).columns() {
        // Bounds of long JSON texts would be cut within characters, and readers want text.
        if column.logical_type_ref() == Some(&LogicalType::Json) {
            properties = properties.set_column_statistics_enabled(column.path().clone(), EnabledStatistics::None);
        }
    }
    properties.build()
}
