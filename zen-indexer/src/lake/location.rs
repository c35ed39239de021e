//! Where the lake is.

use std::fmt;
use std::path::{Path, PathBuf};

use ducklake_scan::{LakeOptions, SearchOptions, StorageOptions};

use crate::error::{Result, ZenError};

/// Folder of the default lake, below the project's.
const FOLDER: &str = ".zenith/lake";
/// Its catalog.
const CATALOG: &str = "catalog.sqlite";
/// Its data files.
const DATA: &str = "data/";

/// A lake's catalog, and where its data files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The catalog, as `ducklake-cli --lake` takes it.
    pub uri: String,
    /// Where data files are, where that is not what the lake records.
    pub data_path: Option<String>,
    /// Settings of the object store; the environment says what is absent here.
    pub storage: StorageOptions,
    /// Folder of the default lake.
    folder: Option<PathBuf>,
}

impl Location {
    /// The default lake: `.zenith/lake/` of the nearest folder from `start` upwards that has one, or else of `start`.
    #[must_use]
    pub fn default_from(start: &Path) -> Self {
        let home = start.ancestors().find(|folder| folder.join(FOLDER).is_dir()).unwrap_or(start);
        let folder = home.join(FOLDER);
        let uri = format!("sqlite:{}", folder.join(CATALOG).display());
        Self { uri, data_path: None, storage: StorageOptions::default(), folder: Some(folder) }
    }

    /// Any other lake.
    #[must_use]
    pub fn of(uri: String, data_path: Option<String>) -> Self {
        Self { uri, data_path, storage: StorageOptions::default(), folder: None }
    }

    pub(super) fn options(&self) -> LakeOptions {
        let storage = self.storage.clone();
        let search = SearchOptions::with_user_cache();
        LakeOptions { data_path: self.data_path.clone(), storage, search, ..LakeOptions::default() }
    }

    /// Whether this is the default lake and was not made yet.
    pub(super) fn is_missing(&self) -> bool {
        self.folder.as_ref().is_some_and(|folder| !folder.join(CATALOG).exists())
    }

    pub(super) fn make_folder(&self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        std::fs::create_dir_all(folder).map_err(|source| ZenError::Io { path: folder.display().to_string(), source })
    }

    /// Data path to record in a new lake; `None` where a lake is only opened.
    pub(super) fn data_path_of_new(&self) -> Option<String> {
        match &self.folder {
            Some(folder) => Some(format!("{}/{DATA}", folder.display())),
            None => self.data_path.clone(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.folder {
            Some(folder) => write!(f, "{}", folder.display()),
            None => f.write_str(&self.uri),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn the_nearest_lake_upwards_is_the_default() {
        let home = tempfile::tempdir().unwrap();
        let below = home.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        let new = Location::default_from(&below);
        assert!(new.uri.ends_with("a/b/.zenith/lake/catalog.sqlite"), "{new:?}");
        assert!(new.is_missing());
        std::fs::create_dir_all(home.path().join(".zenith/lake")).unwrap();
        let found = Location::default_from(&below);
        assert_eq!(found.uri, format!("sqlite:{}/.zenith/lake/catalog.sqlite", home.path().display()));
    }
}
