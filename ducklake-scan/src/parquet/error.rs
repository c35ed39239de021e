//! What can be wrong with one Parquet file of a lake.

use std::sync::Arc;

use parquet::errors::ParquetError;

/// Why a Parquet file of a lake could not be read.
///
/// Inside DataFusion it travels as [`ParquetError::External`], so it stays the source of the error a query ends with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParquetFileError {
    /// The catalog lists a file that storage does not have.
    #[error(
        "{path}: the catalog lists this file but it does not exist; if the lake was expired or cleaned up meanwhile, \
         run the query again on a newer snapshot"
    )]
    Missing {
        /// The file.
        path: Arc<str>,
        /// Storage's answer.
        source: object_store::Error,
    },
    /// Storage failed for another reason than a missing file.
    #[error("{path}: cannot read the file: {source}")]
    Storage {
        /// The file.
        path: Arc<str>,
        /// Storage's answer.
        source: object_store::Error,
    },
    /// The file begins like Parquet but does not end like it.
    #[error(
        "{path}: the file ends after {size} bytes without a Parquet footer; it was cut short, restore it from a copy"
    )]
    Truncated {
        /// The file.
        path: Arc<str>,
        /// Bytes that are there.
        size: u64,
    },
    /// Fewer bytes came back than the footer says there are.
    #[error("{path}: {expected} bytes expected at offset {offset}, {actual} found; the file was cut short or replaced")]
    ShortRead {
        /// The file.
        path: Arc<str>,
        /// Where the read began.
        offset: u64,
        /// Bytes asked for.
        expected: u64,
        /// Bytes received.
        actual: u64,
    },
    /// The bytes are of some other format.
    #[error("{path}: not a Parquet file ({size} bytes, no Parquet magic number)")]
    NotParquet {
        /// The file.
        path: Arc<str>,
        /// Bytes that are there.
        size: u64,
    },
    /// The footer was found but does not decode.
    #[error("{path}: the Parquet footer cannot be decoded: {source}")]
    Footer {
        /// The file.
        path: Arc<str>,
        /// The decoder's complaint.
        source: ParquetError,
    },
    /// The file contradicts itself.
    #[error("{path}: corrupt Parquet file: {detail}")]
    Corrupt {
        /// The file.
        path: Arc<str>,
        /// What contradicts what.
        detail: String,
    },
    /// The file is not the one the catalog describes.
    #[error(
        "{path}: the catalog says {catalog} rows, the file has {file}; the file was replaced or the catalog row is wrong, \
         restore the file or register it again"
    )]
    RecordCount {
        /// The file.
        path: Arc<str>,
        /// `record_count` of the catalog.
        catalog: u64,
        /// Rows according to the footer.
        file: u64,
    },
    /// The catalog's size is too small for a scan that splits the file by bytes.
    #[error(
        "{path}: the catalog says {catalog} bytes, the file has {file}; it cannot be split by bytes, correct the catalog row"
    )]
    FileSize {
        /// The file.
        path: Arc<str>,
        /// `file_size_bytes` of the catalog.
        catalog: u64,
        /// Size in storage.
        file: u64,
    },
    /// An encrypted file without a key.
    #[error("{path}: the file is encrypted and the catalog has no key for it; its rows cannot be read")]
    KeyMissing {
        /// The file.
        path: Arc<str>,
    },
    /// A key that does not open the footer.
    #[error("{path}: the catalog's key does not decrypt this file; the file was replaced or the key is another file's")]
    WrongKey {
        /// The file.
        path: Arc<str>,
    },
    /// A plain file where the catalog has a key: not the file that was written.
    #[error("{path}: the catalog has a key for this file but it is not encrypted; the file was replaced, restore it")]
    NotEncrypted {
        /// The file.
        path: Arc<str>,
    },
    /// A form of Parquet encryption that is not read.
    #[error("{path}: unsupported encryption: {detail}")]
    UnsupportedEncryption {
        /// The file.
        path: Arc<str>,
        /// Which form.
        detail: String,
    },
    /// A column the reader depends on is absent.
    #[error("{path}: no column '{column}' (field id {field_id}), which {needed_for}")]
    MissingColumn {
        /// The file.
        path: Arc<str>,
        /// DuckLake's name for the column.
        column: &'static str,
        /// DuckLake's reserved field id.
        field_id: i32,
        /// Who needs it.
        needed_for: &'static str,
    },
    /// A column that DuckLake itself writes holds something it never writes.
    #[error("{path}: invalid value in column '{column}', row {row}: {detail}")]
    InvalidValue {
        /// The file.
        path: Arc<str>,
        /// DuckLake's name for the column.
        column: &'static str,
        /// 0-based row of the file.
        row: u64,
        /// What is wrong.
        detail: String,
    },
    /// The pages do not decode.
    #[error("{path}: cannot read rows: {source}")]
    Rows {
        /// The file.
        path: Arc<str>,
        /// The decoder's complaint.
        source: ParquetError,
    },
}

impl ParquetFileError {
    /// Sorts storage's answer: an absent file is told apart from a failing store.
    pub(super) fn storage(path: &Arc<str>, source: object_store::Error) -> Self {
        let path = Arc::clone(path);
        match source {
            object_store::Error::NotFound { .. } => Self::Missing { path, source },
            source => Self::Storage { path, source },
        }
    }

    /// Takes one of these errors out of the decoder's wrapping again, or names the file in the decoder's own.
    pub(super) fn rows(path: &Arc<str>, source: ParquetError) -> Self {
        match source {
            ParquetError::External(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(inner) => Self::Rows { path: Arc::clone(path), source: ParquetError::External(inner) },
            },
            source => Self::Rows { path: Arc::clone(path), source },
        }
    }

    pub(super) fn corrupt(path: &Arc<str>, detail: impl Into<String>) -> Self {
        Self::Corrupt { path: Arc::clone(path), detail: detail.into() }
    }
}

impl From<ParquetFileError> for ParquetError {
    fn from(error: ParquetFileError) -> Self {
        Self::External(Box::new(error))
    }
}
