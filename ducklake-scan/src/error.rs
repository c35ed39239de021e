//! The one error type of this crate, and its way into and out of DataFusion.

use ducklake_catalog::{CatalogError, FailureKind};
use ducklake_format::FormatError;
use ducklake_storage::StorageError;
use ducklake_transact::TransactError;

use datafusion::error::DataFusionError;

use crate::sql::embed::EmbedderError;

/// What class of thing failed: decides exit codes and what a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request itself is wrong: a bad URI, an option, a missing name.
    Usage,
    /// The catalog cannot be reached or read.
    Catalog,
    /// A file cannot be reached or read.
    Storage,
    /// The lake contradicts itself or the specification.
    InvalidLake,
    /// The query is wrong or failed.
    Query,
    /// Another transaction was in the way: running it again can succeed.
    Conflict,
    /// It is not known whether a commit happened.
    OutcomeUnknown,
    /// Valid, but not there yet.
    NotSupported,
    /// A bug of ours.
    Internal,
}

/// Anything that can go wrong between a request and its rows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// The catalog said no.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A value, type, path or column tree of the lake is not valid.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A store could not be set up.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A change or commit failed.
    #[error(transparent)]
    Transact(Box<TransactError>),
    /// A table or view that is not there.
    #[error("table '{name}' does not exist{place}")]
    UnknownTable {
        /// As asked for.
        name: String,
        /// Where it was looked for, starting with a space, or empty.
        place: String,
        /// Names like it.
        suggestions: Vec<String>,
    },
    /// A schema or lake that is not there.
    #[error("{what} '{name}' does not exist")]
    UnknownName {
        /// "schema", "lake", …
        what: &'static str,
        /// As asked for.
        name: String,
        /// Names like it.
        suggestions: Vec<String>,
    },
    /// A file or catalog row that contradicts the rest of the lake.
    #[error("{0}")]
    Invalid(String),
    /// A request that makes no sense as it is.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Something this engine does not do yet.
    #[error("{what} is not supported yet")]
    NotSupported {
        /// What.
        what: String,
        /// What to do instead.
        hint: Option<String>,
    },
    /// A view whose SQL cannot be planned here.
    #[error("view '{view}' cannot be planned: {source}")]
    View {
        /// Its name.
        view: String,
        /// Why.
        source: Box<LakeError>,
    },
    /// A file whose rows were to be taken.
    #[error("{path}: {source}")]
    File {
        /// Its path.
        path: String,
        /// Why not.
        source: Box<LakeError>,
    },
    /// A DuckDB file cannot be read.
    #[error("{path}: {source}")]
    DuckDb {
        /// Its path.
        path: String,
        /// What is wrong with it.
        source: Box<duckdb_file::Error>,
    },
    /// The model of a session failed, or broke its promises.
    #[error("the embedding model failed: {source}")]
    Embedder {
        /// Why.
        source: EmbedderError,
    },
    /// DataFusion failed.
    #[error("{}", plain_message(.0))]
    Query(Box<DataFusionError>),
}

impl LakeError {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    pub(crate) fn not_supported(what: impl Into<String>) -> Self {
        Self::NotSupported { what: what.into(), hint: None }
    }

    /// Class of the failure.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Catalog(e) => match e.kind() {
                FailureKind::BadUri => ErrorKind::Usage,
                FailureKind::Unsupported => ErrorKind::NotSupported,
                FailureKind::NoSnapshot => ErrorKind::Query,
                FailureKind::Invalid => ErrorKind::InvalidLake,
                _ => ErrorKind::Catalog,
            },
            Self::Transact(e) => match e.as_ref() {
                TransactError::OutcomeUnknown { .. } => ErrorKind::OutcomeUnknown,
                TransactError::NotCommitted { .. } => ErrorKind::Catalog,
                e if e.is_retryable() => ErrorKind::Conflict,
                TransactError::Catalog(_) => ErrorKind::Catalog,
                TransactError::Write(_) | TransactError::ReadDeletes { .. } => ErrorKind::Storage,
                _ => ErrorKind::Query,
            },
            Self::Format(_) | Self::Invalid(_) => ErrorKind::InvalidLake,
            Self::Storage(_) => ErrorKind::Storage,
            Self::UnknownTable { .. } | Self::UnknownName { .. } | Self::Embedder { .. } => ErrorKind::Query,
            Self::Usage { .. } => ErrorKind::Usage,
            Self::NotSupported { .. } => ErrorKind::NotSupported,
            Self::View { source, .. } | Self::File { source, .. } => source.kind(),
            Self::DuckDb { source, .. } => match source.as_ref() {
                // It is read as it is by then when the statement runs again.
                duckdb_file::Error::Modified => ErrorKind::Conflict,
                duckdb_file::Error::Unsupported { .. }
                | duckdb_file::Error::Encrypted
                | duckdb_file::Error::StorageVersion { .. } => ErrorKind::NotSupported,
                _ => ErrorKind::Storage,
            },
            Self::Query(e) => match e.find_root() {
                DataFusionError::NotImplemented(_) => ErrorKind::NotSupported,
                DataFusionError::Internal(_) => ErrorKind::Internal,
                DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) | DataFusionError::ParquetError(_) => {
                    ErrorKind::Storage
                }
                _ => ErrorKind::Query,
            },
        }
    }

    /// What the user can do next, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Catalog(e) => e.hint().map(str::to_string),
            Self::Transact(e) => e.hint().map(str::to_string),
            Self::UnknownTable { suggestions, .. } | Self::UnknownName { suggestions, .. }
                if !suggestions.is_empty() =>
            {
                Some(format!("did you mean {}?", suggestions.join(" or ")))
            }
            Self::UnknownTable { .. } => Some("SHOW TABLES lists what is there".into()),
            Self::Usage { hint, .. } | Self::NotSupported { hint, .. } => hint.clone(),
            Self::View { source, .. } | Self::File { source, .. } => source.hint(),
            Self::DuckDb { source, .. } if matches!(source.as_ref(), duckdb_file::Error::Modified) => {
                Some("a DuckDB wrote to it: run the statement again".into())
            }
            _ => None,
        }
    }
}

/// A DataFusion error without the layers that say nothing to a user.
fn plain_message(error: &DataFusionError) -> String {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => plain_message(inner),
        DataFusionError::Shared(inner) => plain_message(inner),
        DataFusionError::Collection(errors) => errors.first().map(plain_message).unwrap_or_default(),
        DataFusionError::ParquetError(inner) => match inner.as_ref() {
            datafusion::parquet::errors::ParquetError::External(source) => source.to_string(),
            other => other.to_string(),
        },
        DataFusionError::ArrowError(inner, _) => match inner.as_ref() {
            arrow::error::ArrowError::ExternalError(source) => match source.downcast_ref::<DataFusionError>() {
                Some(inner) => plain_message(inner),
                None => source.to_string(),
            },
            other => other.to_string(),
        },
        DataFusionError::External(source) => match source.downcast_ref::<DataFusionError>() {
            Some(inner) => plain_message(inner),
            None => source.to_string(),
        },
        DataFusionError::NotImplemented(text) => match text.split_once("Unsupported ast node in sqltorel: ") {
            // What follows is the parser's tree, pages of it.
            Some((_, node)) => format!("{} is not supported", node.split('(').next().unwrap_or(node)),
            None => other_message(error),
        },
        other => other_message(other),
    }
}

fn other_message(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    // What a function says of its arguments is in the middle of what DataFusion says of the function.
    match text.split_once("user-defined coercion failed with: ") {
        Some((_, inner)) => {
            let inner = inner.strip_prefix("Error during planning: ").unwrap_or(inner);
            let end = inner.rfind(". No function matches the given name and argument types '");
            inner[..end.unwrap_or(inner.len())].to_string()
        }
        None => text,
    }
}

impl From<DataFusionError> for LakeError {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(source) => match source.downcast::<LakeError>() {
                Ok(lake) => *lake,
                Err(source) => Self::Query(Box::new(DataFusionError::External(source))),
            },
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner)
                if matches!(inner.as_ref(), DataFusionError::External(_) | DataFusionError::Context(..)) =>
            {
                Self::from(*inner)
            }
            other => Self::Query(Box::new(other)),
        }
    }
}

impl From<TransactError> for LakeError {
    fn from(error: TransactError) -> Self {
        match error {
            TransactError::Catalog(error) => Self::Catalog(error),
            other => Self::Transact(Box::new(other)),
        }
    }
}

impl From<LakeError> for DataFusionError {
    fn from(error: LakeError) -> Self {
        match error {
            LakeError::Query(inner) => *inner,
            other => Self::External(Box::new(other)),
        }
    }
}

impl From<arrow::error::ArrowError> for LakeError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Query(Box::new(DataFusionError::ArrowError(Box::new(error), None)))
    }
}

/// Result of this crate.
pub type Result<T, E = LakeError> = std::result::Result<T, E>;
