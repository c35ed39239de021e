//! What can go wrong between us and a metadata database.

use std::error::Error;

/// Class of a failure, decided once where the database's code is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The connection string cannot be understood.
    BadUri,
    /// The catalog file or database does not exist.
    NotFound,
    /// The server cannot be reached, or the connection broke.
    Unreachable,
    /// The credentials were refused, or a privilege is missing.
    Denied,
    /// Reached, but there is no DuckLake catalog (or it is no database at all).
    NotALake,
    /// A format version or backend that this build cannot read.
    Unsupported,
    /// The snapshot asked for does not exist.
    NoSnapshot,
    /// The database is locked or too busy; trying again can help.
    Busy,
    /// The disk of the catalog is full.
    NoSpace,
    /// Another writer was faster; the whole attempt can be repeated.
    LostRace,
    /// A table of the catalog does not exist (any more).
    MissingTable,
    /// There is a catalog already where one was to be made.
    Exists,
    /// The catalog contradicts itself or the specification.
    Invalid,
    /// Anything else the database said.
    Database,
}

/// A failed catalog operation: what was done, on what, and why it failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    kind: FailureKind,
    message: String,
    hint: Option<String>,
    is_empty_place: bool,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl CatalogError {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, is_empty_place: false, source: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Invalid, message)
    }

    /// A `NoSnapshot` failure, for callers that resolve snapshots by rules of their own.
    pub fn no_snapshot(message: impl Into<String>) -> Self {
        Self::new(FailureKind::NoSnapshot, message).with_hint("list the snapshots to see which are there")
    }

    /// Marks a place where a catalog could be made.
    pub(crate) fn with_empty_place(mut self) -> Self {
        self.is_empty_place = true;
        self
    }

    /// Whether there is a database (or an empty file) without a catalog: one could be made there.
    pub fn is_empty_place(&self) -> bool {
        self.is_empty_place
    }

    /// Class of the failure.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// What the user can do next, where that is known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl From<ducklake_format::FormatError> for CatalogError {
    fn from(error: ducklake_format::FormatError) -> Self {
        Self::invalid(format!("the catalog is not valid DuckLake: {error}")).with_source(error)
    }
}
