//! What can go wrong while a file is written.

use ducklake_format::FormatError;
use ducklake_storage::StorageError;

/// A data file or delete file that could not be written. What was written of it is gone again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The path of a file leads to no usable store.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The store did not take the bytes.
    #[error("'{path}' cannot be written: {source}")]
    Store {
        /// Full path of the file.
        path: String,
        /// What the store says.
        source: Box<object_store::Error>,
    },
    /// Rows could not be encoded.
    #[error("'{path}' cannot be encoded: {source}")]
    Encode {
        /// Full path of the file.
        path: String,
        /// What the Parquet writer says.
        source: Box<parquet::errors::ParquetError>,
    },
    /// A value that Parquet files of a lake cannot hold.
    #[error("column '{column}': {lake_type} value {value} cannot be written to a Parquet file: {problem}")]
    Value {
        /// Name of the top-level column.
        column: String,
        /// DuckLake type of the value.
        lake_type: String,
        /// The value's text.
        value: String,
        /// Why not.
        problem: &'static str,
    },
    /// A column or setting that cannot be written yet.
    #[error("column '{column}' cannot be written: {problem}")]
    NotSupported {
        /// Name of the top-level column.
        column: String,
        /// What is not supported.
        problem: String,
    },
    /// Rows that are not those of the table.
    #[error("the rows do not fit the table: {problem}")]
    Rows {
        /// What differs.
        problem: String,
    },
    /// Positions that a delete file cannot have.
    #[error("the delete file of '{data_file}' cannot be written: {problem}")]
    Positions {
        /// Path of the data file.
        data_file: String,
        /// What is wrong with them.
        problem: String,
    },
    /// Statistics or partition values could not be made.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Rows could not be rearranged.
    #[error("rows cannot be {doing}: {source}")]
    Arrow {
        /// What was being done with them: "sorted", "partitioned".
        doing: &'static str,
        /// What Arrow says.
        source: Box<arrow::error::ArrowError>,
    },
    /// No random bytes for a key.
    #[error("no encryption key for '{path}': the system gives no random bytes")]
    Random {
        /// Full path of the file.
        path: String,
    },
    /// A task of the writer ended early.
    #[error("writing was interrupted: {0}")]
    Interrupted(String),
}

impl WriteError {
    pub(super) fn encode(path: &str) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        move |source| Self::Encode { path: path.to_string(), source: Box::new(source) }
    }

    pub(super) fn arrow(doing: &'static str) -> impl FnOnce(arrow::error::ArrowError) -> Self {
        move |source| Self::Arrow { doing, source: Box::new(source) }
    }

    pub(super) fn rows(problem: impl Into<String>) -> Self {
        Self::Rows { problem: problem.into() }
    }
}

/// Work on one of the runtime's threads for blocking work; its panic is an error.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WriteError> + Send + 'static,
) -> Result<T, WriteError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| WriteError::Interrupted(e.to_string()))?
}
