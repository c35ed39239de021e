//! One Parquet file as it grows, in memory between row groups.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory};
use parquet::basic::{ConvertedType, LogicalType};
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{SchemaDescriptor, TypePtr};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::Semaphore;

use super::columns::{FileColumn, encode_group};
use super::error::{WriteError, blocking};
use super::group::RowGroup;
use super::layout::{FileColumnStats, FileOptions};

/// Bytes after the metadata of a file: its length and the magic word.
const TAIL_BYTES: usize = 8;

/// Makes the bytes of a data file.
pub(super) struct Encoder {
    path: Arc<str>,
    columns: Vec<FileColumn>,
    file: SerializedFileWriter<Vec<u8>>,
    factory: ArrowRowGroupWriterFactory,
    groups: usize,
    key: Option<String>,
    threads: usize,
}

/// The end of a file and what is known then.
pub(super) struct Encoded {
    pub(super) bytes: Bytes,
    pub(super) footer_size: i64,
    pub(super) key: Option<String>,
    pub(super) column_stats: Vec<FileColumnStats>,
}

impl Encoder {
    pub(super) fn new(
        path: &str,
        schema: &TypePtr,
        columns: Vec<FileColumn>,
        options: &FileOptions,
        encrypted: bool,
    ) -> Result<Self, WriteError> {
        let (properties, key) = encryption(properties(options, schema), encrypted, path)?;
        let file = SerializedFileWriter::new(Vec::new(), Arc::clone(schema), Arc::new(properties.build()))
            .map_err(WriteError::encode(path))?;
        let fields: Vec<Field> = columns.iter().map(|column| column.field.clone()).collect();
        let factory = ArrowRowGroupWriterFactory::new(&file, Arc::new(Schema::new(fields)));
        Ok(Self { path: path.into(), columns, file, factory, groups: 0, key, threads: options.threads.max(1) })
    }

    /// Encodes a row group; gives the bytes that the file has gained.
    pub(super) async fn encode(self, group: RowGroup, encoders: &Arc<Semaphore>) -> Result<(Self, Bytes), WriteError> {
        let Self { path, columns, file, factory, groups, key, threads } = self;
        let writers = factory.create_column_writers(groups).map_err(WriteError::encode(&path))?;
        let (columns, chunks) = encode_group(columns, group, writers, &path, encoders, threads).await?;
        let name = Arc::clone(&path);
        let (file, bytes) = blocking(move || append(file, chunks).map_err(WriteError::encode(&name))).await?;
        Ok((Self { path, columns, file, factory, groups: groups + 1, key, threads }, bytes))
    }

    /// The rest of the file.
    pub(super) fn finish(mut self) -> Result<Encoded, WriteError> {
        self.file.finish().map_err(WriteError::encode(&self.path))?;
        let bytes = Bytes::from(std::mem::take(self.file.inner_mut()));
        let column_stats = self.columns.into_iter().flat_map(FileColumn::finish).collect();
        Ok(Encoded { footer_size: footer_size(&bytes), bytes, key: self.key, column_stats })
    }
}

fn append(
    mut file: SerializedFileWriter<Vec<u8>>,
    chunks: Vec<ArrowColumnChunk>,
) -> parquet::errors::Result<(SerializedFileWriter<Vec<u8>>, Bytes)> {
    let mut group = file.next_row_group()?;
    for chunk in chunks {
        chunk.append_to_row_group(&mut group)?;
    }
    group.close()?;
    file.flush()?;
    let bytes = std::mem::take(file.inner_mut());
    Ok((file, bytes.into()))
}

/// Length of the metadata at the end of a file, as the file's last bytes say.
pub(super) fn footer_size(end: &[u8]) -> i64 {
    let tail = end.len().checked_sub(TAIL_BYTES).and_then(|start| end[start..].first_chunk::<4>());
    tail.map_or(0, |length| i64::from(u32::from_le_bytes(*length)))
}

/// How files of that schema are made.
pub(super) fn properties(options: &FileOptions, schema: &TypePtr) -> WriterPropertiesBuilder {
    let version = if options.version_2 { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("quacklake version ", env!("CARGO_PKG_VERSION")).to_string())
        .set_compression(options.compression)
        .set_writer_version(version);
    for column in SchemaDescriptor::new(Arc::clone(schema)).columns() {
        // Bounds of long JSON texts would be cut within characters, and readers want text.
        if column.logical_type_ref() == Some(&LogicalType::Json) || column.converted_type() == ConvertedType::JSON {
            properties = properties.set_column_statistics_enabled(column.path().clone(), EnabledStatistics::None);
        }
    }
    properties
}

/// Adds encryption under a new key, which is given in base64.
pub(super) fn encryption(
    properties: WriterPropertiesBuilder,
    encrypted: bool,
    path: &str,
) -> Result<(WriterPropertiesBuilder, Option<String>), WriteError> {
    if !encrypted {
        return Ok((properties, None));
    }
    let mut key = [0; 16];
    SystemRandom::new().fill(&mut key).map_err(|_| WriteError::Random { path: path.to_string() })?;
    let encryption = FileEncryptionProperties::builder(key.to_vec()).build().map_err(WriteError::encode(path))?;
    Ok((properties.with_file_encryption_properties(encryption), Some(STANDARD.encode(key))))
}
