//! From the bytes before a file's end to metadata the reader can use.

use std::sync::Arc;

use parquet::basic::{ConvertedType, Type as PhysicalType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use super::encrypted::{FileCrypto, FileKey, check_column_keys, has_encrypted_columns, open_footer};
use super::error::ParquetFileError;

/// Length of the last part of a file: the footer's length, and the magic number.
pub(super) const TRAILER_LEN: u64 = 8;
/// Shortest Parquet file: a magic number, an empty footer, the trailer.
pub(super) const MIN_FILE_LEN: u64 = 12;
const MAGIC: [u8; 4] = *b"PAR1";
const MAGIC_ENCRYPTED: [u8; 4] = *b"PARE";

/// Whether a file beginning so was meant to be Parquet.
pub(super) fn is_magic(begin: &[u8]) -> bool {
    begin == MAGIC || begin == MAGIC_ENCRYPTED
}

/// The last eight bytes of a Parquet file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trailer {
    /// Bytes of the footer, these eight not counted.
    pub(super) footer_len: u64,
    pub(super) encrypted: bool,
}

impl Trailer {
    /// Reads the trailer at the end of `bytes`, or says that there is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (_, trailer) = bytes.split_last_chunk::<8>()?;
        let (length, magic) = trailer.split_first_chunk::<4>()?;
        let encrypted = magic == MAGIC_ENCRYPTED;
        (encrypted || magic == MAGIC).then(|| Self { footer_len: u64::from(u32::from_le_bytes(*length)), encrypted })
    }
}

/// A file's metadata, decoded, decrypted and checked. Files of a lake never change, so it may be kept.
#[derive(Debug)]
pub(super) struct Footer {
    /// The file's true size.
    pub(super) size: u64,
    pub(super) metadata: Arc<ParquetMetaData>,
    /// `None`: a plain file.
    pub(super) crypto: Option<Arc<FileCrypto>>,
}

impl Footer {
    /// Decodes `bytes`, the footer without the trailer, of a file of `size` bytes.
    pub(super) fn decode(
        path: &Arc<str>,
        size: u64,
        trailer: Trailer,
        bytes: &[u8],
        key: Option<&Arc<FileKey>>,
    ) -> Result<Self, ParquetFileError> {
        let failed = |source| ParquetFileError::Footer { path: Arc::clone(path), source };
        if !trailer.encrypted {
            // DuckDB refuses it too: whoever may write to the storage could otherwise pass off rows as the lake's.
            if key.is_some() {
                return Err(ParquetFileError::NotEncrypted { path: Arc::clone(path) });
            }
            if has_encrypted_columns(bytes) {
                return Err(ParquetFileError::UnsupportedEncryption {
                    path: Arc::clone(path),
                    detail: "encrypted columns behind a plain footer".into(),
                });
            }
            let metadata = decode_metadata(bytes).map_err(failed)?;
            check_places(path, &metadata, size)?;
            return Ok(Self { size, metadata: Arc::new(metadata), crypto: None });
        }
        let key = key.ok_or_else(|| ParquetFileError::KeyMissing { path: Arc::clone(path) })?;
        let open = open_footer(path, key, bytes)?;
        check_column_keys(path, &open)?;
        let metadata = decode_metadata(&open.plain).and_then(without_indexes).map_err(failed)?;
        check_places(path, &metadata, size)?;
        let crypto = FileCrypto::new(path, Arc::clone(key), open, &metadata)?;
        Ok(Self { size, metadata: Arc::new(metadata), crypto: Some(Arc::new(crypto)) })
    }

    /// Rows of the file, over all row groups.
    pub(super) fn num_rows(&self) -> u64 {
        // Not negative: checked when the footer was decoded.
        self.metadata.file_metadata().num_rows().unsigned_abs()
    }

    /// The same footer with other metadata, for instance with a page index.
    pub(super) fn with_metadata(&self, metadata: Arc<ParquetMetaData>) -> Self {
        Self { size: self.size, metadata, crypto: self.crypto.clone() }
    }

    /// Bytes this occupies in memory, roughly.
    pub(super) fn memory_size(&self) -> usize {
        size_of::<Self>() + self.metadata.memory_size() + self.crypto.as_ref().map_or(0, |crypto| crypto.memory_size())
    }
}

/// Decodes Thrift metadata, with intervals as plain bytes.
///
/// arrow-rs reads INTERVAL as days and milliseconds and drops the months. Without the annotation the column reads as
/// `FixedSizeBinary(12)`: months, days and milliseconds as little-endian u32 (DuckLake spec, types). An Arrow schema
/// stored in the file does not bring the interval back: the reader takes its hint for no type of fixed length.
fn decode_metadata(bytes: &[u8]) -> Result<ParquetMetaData, ParquetError> {
    let metadata = ParquetMetaDataReader::decode_metadata(bytes)?;
    let schema = metadata.file_metadata().schema_descr();
    if !schema.columns().iter().any(|column| is_interval(column.self_type())) {
        return Ok(metadata);
    }
    let schema = Arc::new(SchemaDescriptor::new(without_intervals(&schema.root_schema_ptr())?));
    let options = ParquetMetaDataOptions::new().with_schema(schema);
    ParquetMetaDataReader::decode_metadata_with_options(bytes, Some(&options))
}

fn is_interval(field: &Type) -> bool {
    field.is_primitive()
        && field.get_basic_info().converted_type() == ConvertedType::INTERVAL
        && field.get_physical_type() == PhysicalType::FIXED_LEN_BYTE_ARRAY
}

fn without_intervals(field: &TypePtr) -> Result<TypePtr, ParquetError> {
    let info = field.get_basic_info();
    let id = info.has_id().then(|| info.id());
    match field.as_ref() {
        Type::PrimitiveType { physical_type, type_length, .. } if is_interval(field) => {
            let plain = Type::primitive_type_builder(info.name(), *physical_type)
                .with_repetition(info.repetition())
                .with_length(*type_length)
                .with_id(id)
                .build()?;
            Ok(Arc::new(plain))
        }
        Type::PrimitiveType { .. } => Ok(Arc::clone(field)),
        Type::GroupType { fields, .. } => {
            let fields = fields.iter().map(without_intervals).collect::<Result<Vec<_>, _>>()?;
            let mut group = Type::group_type_builder(info.name())
                .with_converted_type(info.converted_type())
                .with_logical_type(info.logical_type_ref().cloned())
                .with_fields(fields)
                .with_id(id);
            if info.has_repetition() {
                group = group.with_repetition(info.repetition());
            }
            Ok(Arc::new(group.build()?))
        }
    }
}

/// Drops the pointers to page indexes and bloom filters: in an encrypted file these are modules of their own, which are
/// not decrypted. DuckLake writes none.
fn without_indexes(metadata: ParquetMetaData) -> Result<ParquetMetaData, ParquetError> {
    let mut builder = metadata.into_builder();
    let groups = builder
        .take_row_groups()
        .into_iter()
        .map(|group| {
            let mut builder = group.into_builder();
            let columns = builder
                .take_columns()
                .into_iter()
                .map(|column| {
                    column
                        .into_builder()
                        .set_offset_index_offset(None)
                        .set_offset_index_length(None)
                        .set_column_index_offset(None)
                        .set_column_index_length(None)
                        .set_bloom_filter_offset(None)
                        .set_bloom_filter_length(None)
                        .build()
                })
                .collect::<Result<Vec<_>, _>>()?;
            builder.set_column_metadata(columns).build()
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(builder.set_row_groups(groups).build())
}

/// Checks what the decoder takes on trust and the reader would panic or run astray on: row counts, and that every column
/// chunk lies within the file.
fn check_places(path: &Arc<str>, metadata: &ParquetMetaData, size: u64) -> Result<(), ParquetFileError> {
    let total = metadata.file_metadata().num_rows();
    let mut rows = Some(0_i64);
    for (g, group) in metadata.row_groups().iter().enumerate() {
        rows = rows.filter(|_| group.num_rows() >= 0).and_then(|rows| rows.checked_add(group.num_rows()));
        for (c, column) in group.columns().iter().enumerate() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let end = start.checked_add(column.compressed_size());
            let inside = start >= 0
                && column.data_page_offset() >= 0
                && column.compressed_size() >= 0
                && end.is_some_and(|end| end.unsigned_abs() <= size);
            if !inside {
                return Err(ParquetFileError::corrupt(
                    path,
                    format!("row group {g}, column {c} lies outside the file of {size} bytes"),
                ));
            }
        }
    }
    if rows != Some(total) {
        return Err(ParquetFileError::corrupt(
            path,
            format!("its row groups do not add up to the {total} rows it states"),
        ));
    }
    Ok(())
}
