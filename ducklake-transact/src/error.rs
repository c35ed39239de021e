//! What can go wrong in a transaction.

use ducklake_catalog::{CatalogError, FailureKind};
use ducklake_format::FormatError;

use crate::files::WriteError;

/// A failed change or commit: what failed, on what, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactError {
    /// The catalog failed; nothing was committed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file could not be written; nothing was committed.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A value or name is not valid DuckLake.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A delete file that has to be replaced could not be read.
    #[error("the delete file '{path}' cannot be replaced: {source}")]
    ReadDeletes {
        /// Full path.
        path: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another transaction committed something that this one cannot stand beside (DuckLake spec, "Conflicts").
    #[error("transaction conflict: attempting to {ours}, but snapshot {snapshot} has {theirs}")]
    Conflict {
        /// What this transaction does.
        ours: String,
        /// What the other one did.
        theirs: String,
        /// Snapshot of the other one.
        snapshot: i64,
    },
    /// Every attempt was overtaken by another writer.
    #[error("the commit was overtaken by other writers {attempts} times")]
    Contended {
        /// Attempts.
        attempts: u32,
    },
    /// The catalog failed while committing, and it has been asked since: nothing was committed.
    #[error("{source}; nothing was committed")]
    NotCommitted {
        /// What happened.
        source: CatalogError,
    },
    /// The connection was lost while committing, and the catalog could not be asked since.
    #[error("it is not known whether snapshot {snapshot} was committed: {source}")]
    OutcomeUnknown {
        /// The snapshot's id, if it was.
        snapshot: i64,
        /// What happened.
        source: CatalogError,
    },
    /// A row breaks a constraint.
    #[error("NOT NULL constraint failed: {table}.{column}")]
    NotNull {
        /// Table.
        table: String,
        /// Column.
        column: String,
    },
    /// The lake wants a message with every commit (option `require_commit_message`).
    #[error("the lake requires a commit message")]
    MessageRequired,
    /// A change that makes no sense for the table or schema as it is.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// What to do instead.
        hint: Option<String>,
    },
}

impl TransactError {
    /// An [`TransactError::Invalid`] without hint.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), hint: None }
    }

    /// What the user can do next, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Catalog(error) => error.hint(),
            Self::NotCommitted { .. } => Some("run the transaction again"),
            Self::Conflict { .. } => Some("run the transaction again"),
            Self::Contended { .. } => Some("run it again, or raise ducklake_max_retry_count"),
            Self::OutcomeUnknown { .. } => Some("look at the newest snapshots before running it again"),
            Self::MessageRequired => Some("CALL lake.set_commit_message(author, message) inside the transaction"),
            Self::Invalid { hint, .. } => hint.as_deref(),
            _ => None,
        }
    }

    /// Whether running the same transaction again can succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::Contended { .. } | Self::NotCommitted { .. } => true,
            Self::Catalog(error) => matches!(error.kind(), FailureKind::Busy | FailureKind::LostRace),
            _ => false,
        }
    }
}

/// A result of this crate.
pub type Result<T, E = TransactError> = std::result::Result<T, E>;
