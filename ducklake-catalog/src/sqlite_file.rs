//! The file that a SQLite catalog is in.

use std::path::{Path, PathBuf};

use crate::error::{CatalogError, FailureKind};

/// A file as it was when it was opened. SQLite goes on with one that has been deleted, and what it writes is lost.
#[derive(Debug, Clone)]
pub(crate) struct SqliteFile {
    path: PathBuf,
    identity: Option<Identity>,
}

/// Device and number of a file, where the system has such.
type Identity = (u64, u64);

impl SqliteFile {
    /// The file that is at this path now, if there is a usable one.
    ///
    /// Closing any descriptor of a file drops this process's locks on it, SQLite's among them
    /// (sqlite.org/howtocorrupt), so a file is only opened here if it is no SQLite database, as far as its size tells:
    /// pages are 512 bytes at least.
    pub(crate) fn find(path: &Path) -> Result<Self, CatalogError> {
        let shown = path.display();
        let metadata = std::fs::metadata(path).map_err(|e| {
            let kind = match e.kind() {
                std::io::ErrorKind::NotFound => FailureKind::NotFound,
                std::io::ErrorKind::PermissionDenied => FailureKind::Denied,
                _ => FailureKind::Unreachable,
            };
            let message = match kind {
                FailureKind::NotFound => format!("the catalog '{shown}' does not exist"),
                _ => format!("the catalog '{shown}' cannot be opened: {e}"),
            };
            let error = CatalogError::new(kind, message).with_source(e);
            match kind {
                FailureKind::NotFound => {
                    error.with_hint("check the path; ATTACH with a DATA_PATH makes a lake, and so does `init`")
                }
                _ => error,
            }
        })?;
        if metadata.is_dir() {
            return Err(CatalogError::new(FailureKind::NotALake, format!("'{shown}' is a folder, not a catalog file")));
        }
        if metadata.len() == 0 {
            let message = format!("'{shown}' is an empty file, not a DuckLake catalog");
            return Err(CatalogError::new(FailureKind::NotALake, message).with_empty_place());
        }
        Ok(Self { path: path.to_path_buf(), identity: identity(&metadata) })
    }

    /// Refuses to go on where the file was deleted, or where another one is in its place.
    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        let shown = self.path.display();
        let problem = match std::fs::metadata(&self.path) {
            Ok(metadata) if identity(&metadata) == self.identity => return Ok(()),
            Ok(_) => "was replaced by another file",
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => "was deleted",
            Err(e) => {
                let message = format!("the catalog '{shown}' cannot be reached: {e}");
                return Err(CatalogError::new(FailureKind::Unreachable, message).with_source(e));
            }
        };
        let error = CatalogError::new(FailureKind::NotFound, format!("the catalog '{shown}' {problem}"));
        Err(error.with_hint("DETACH the lake and ATTACH it again"))
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Option<Identity> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_longer_there_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("meta.sqlite");
        assert_eq!(SqliteFile::find(&path).unwrap_err().kind(), FailureKind::NotFound);
        std::fs::write(&path, "").unwrap();
        assert!(SqliteFile::find(&path).unwrap_err().is_empty_place());
        std::fs::write(&path, "one").unwrap();
        let file = SqliteFile::find(&path).unwrap();
        file.check().unwrap();
        let other = dir.path().join("other");
        std::fs::write(&other, "two").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(file.check().unwrap_err().to_string().contains("replaced"));
        std::fs::remove_file(&path).unwrap();
        assert!(file.check().unwrap_err().to_string().contains("deleted"));
    }
}
