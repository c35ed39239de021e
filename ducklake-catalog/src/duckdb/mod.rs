//! Catalogs in DuckDB database files, which are read without DuckDB and never written.
//!
//! Each state of the file that is read is a [`Mirror`]: the file as of one moment, with a SQLite database in memory that
//! gets the rows of a metadata table when a statement first names it. So all statements are SQLite's. Where a table has
//! very many files, what planning asks for most comes straight from the file's columns ([`files`]).

mod cells;
mod error;
mod files;
mod mirror;
mod pinned;
mod ranges;
mod scan;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::error::CatalogError;
use crate::sqlite_file::SqliteFile;
use pinned::Stamp;

pub(crate) use error::read_only;

pub(crate) use files::FileRows;
pub(crate) use mirror::{Mirror, TableRows};
pub(crate) use pinned::is_duckdb;

/// A DuckDB file that holds a catalog. A DuckDB may go on writing it.
#[derive(Debug, Clone)]
pub(crate) struct DuckDbFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: SqliteFile,
    /// What was read last, and the signs by which a change of the file shows.
    last: Mutex<Option<(Stamp, Arc<Mirror>)>>,
}

impl DuckDbFile {
    /// Opens a file and reads what it holds.
    pub(crate) async fn open(path: &Path) -> Result<Self, CatalogError> {
        let file = SqliteFile::find(path)?;
        let opened = Self { inner: Arc::new(Inner { path: path.to_path_buf(), file, last: Mutex::new(None) }) };
        opened.current().await?;
        Ok(opened)
    }

    /// The file as it is now: what was read before, unless somebody has written since.
    pub(crate) async fn current(&self) -> Result<Arc<Mirror>, CatalogError> {
        self.inner.file.check()?;
        // Readers that come meanwhile wait for the one that reads the file.
        let mut last = self.inner.last.lock().await;
        let inner = Arc::clone(&self.inner);
        let known = last.as_ref().map(|(stamp, _)| stamp.clone());
        let opened = tokio::task::spawn_blocking(move || pinned::open_unless(&inner.path, known.as_ref())).await;
        let opened = opened.map_err(|e| error::died(&self.inner.path, e))?;
        match (opened.map_err(|e| error::of_file(&self.inner.path, e))?, &*last) {
            (None, Some((_, mirror))) => Ok(Arc::clone(mirror)),
            (None, None) => Err(error::of_file(&self.inner.path, duckdb_file::Error::Modified)),
            (Some((stamp, database)), _) => {
                let mirror = Arc::new(Mirror::new(&self.inner.path, database).await?);
                *last = Some((stamp, Arc::clone(&mirror)));
                Ok(mirror)
            }
        }
    }

    /// Forgets what was read.
    pub(crate) async fn close(&self) {
        *self.inner.last.lock().await = None;
    }

    /// Why nothing can be written.
    pub(crate) fn read_only(&self) -> CatalogError {
        read_only(&self.inner.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FailureKind;

    #[tokio::test]
    async fn files_that_are_none_of_duckdb_say_what_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("meta.ducklake");
        assert_eq!(DuckDbFile::open(&path).await.unwrap_err().kind(), FailureKind::NotFound);
        std::fs::write(&path, "SQLite format 3\0".repeat(300)).unwrap();
        let error = DuckDbFile::open(&path).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::NotALake, "{error}");
        assert!(error.hint().unwrap().contains("sqlite:"));
        let mut bytes = vec![7; 20_000];
        bytes[8..12].copy_from_slice(b"DUCK");
        std::fs::write(&path, bytes).unwrap();
        assert!(is_duckdb(&path));
        let error = DuckDbFile::open(&path).await.unwrap_err();
        assert!(!matches!(error.kind(), FailureKind::Busy | FailureKind::Database), "{error}");
    }
}
