//! Errors of reading a DuckDB file, as errors of the catalog.

use std::io::ErrorKind;
use std::path::Path;

use duckdb_file::Error;

use super::pinned::is_sqlite;
use crate::error::{CatalogError, FailureKind};

/// Why nothing can be written to the catalog.
pub(crate) fn read_only(path: &Path) -> CatalogError {
    let shown = path.display();
    let message = format!("the catalog is the DuckDB file '{shown}', which only DuckDB can write");
    CatalogError::new(FailureKind::Unsupported, message).with_hint(format!(
        "copy it to a database that is written here, and use the copy: \
         ducklake-cli catalog copy duckdb:{shown} sqlite:NEW.sqlite"
    ))
}

pub(super) fn of_file(path: &Path, error: Error) -> CatalogError {
    let shown = path.display();
    let (kind, hint) = match &error {
        Error::Io { source, .. } => match source.kind() {
            ErrorKind::NotFound => (FailureKind::NotFound, None),
            ErrorKind::PermissionDenied => (FailureKind::Denied, None),
            _ => (FailureKind::Unreachable, None),
        },
        Error::NotDuckDb { .. } if is_sqlite(path) => {
            (FailureKind::NotALake, Some(format!("it is a SQLite database: use sqlite:{shown}")))
        }
        Error::NotDuckDb { .. } => (FailureKind::NotALake, None),
        Error::Modified => (FailureKind::Busy, Some("a DuckDB writes to it all the time; try again".to_string())),
        Error::Encrypted | Error::StorageVersion { .. } | Error::Unsupported { .. } | Error::Limit { .. } => {
            (FailureKind::Unsupported, None)
        }
        _ => (FailureKind::Invalid, None),
    };
    let result = CatalogError::new(kind, format!("the catalog '{shown}' cannot be read: {error}")).with_source(error);
    match hint {
        Some(hint) => result.with_hint(hint),
        None => result,
    }
}

/// The thread that read the file ended early.
pub(super) fn died(path: &Path, error: tokio::task::JoinError) -> CatalogError {
    let message = format!("reading the catalog '{}' was broken off: {error}", path.display());
    CatalogError::new(FailureKind::Database, message).with_source(error)
}
