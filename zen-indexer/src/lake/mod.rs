//! The lake that packages are indexed into: its place, its tables, and what is written to and read from them.

mod find;
mod load;
mod location;
mod refresh;
mod tables;
mod write;

use std::sync::Arc;

use ducklake_scan::{CreateLake, Lake, LakeOptions, Session};
use tokio::sync::Mutex;

pub use ducklake_scan::RefreshRow;
pub use find::{Removed, SymbolQuery, structs};
pub use location::Location;
pub use write::{PackageRows, Replaced};

use crate::error::{Result, ZenError};

/// Name of the lake in sessions.
pub const LAKE: &str = "lake";

/// A lake with the tables of the schema `zen`.
#[derive(Debug, Clone)]
pub struct ZenLake {
    lake: Lake,
    /// Packages of this process are committed one after another: each commit relies on the list of packages.
    commits: Arc<Mutex<()>>,
}

impl ZenLake {
    /// Opens the lake that is there.
    ///
    /// # Errors
    /// [`ZenError::NoLake`] where there is none yet, and whatever the catalog has to say.
    pub async fn open(location: &Location) -> Result<Self> {
        if location.is_missing() {
            return Err(ZenError::NoLake { location: location.to_string() });
        }
        Ok(Self::over(Lake::open(&location.uri, location.options()).await?))
    }

    /// As [`ZenLake::open`], to be read and nothing else: whatever would change it is refused.
    ///
    /// # Errors
    /// As [`ZenLake::open`].
    pub async fn open_read_only(location: &Location) -> Result<Self> {
        if location.is_missing() {
            return Err(ZenError::NoLake { location: location.to_string() });
        }
        let options = LakeOptions { read_only: true, ..location.options() };
        Ok(Self::over(Lake::open(&location.uri, options).await?))
    }

    /// Opens the lake, or makes one where there is none. Its tables are made with the first package.
    ///
    /// # Errors
    /// Where the folder or the catalog cannot be made.
    pub async fn create(location: &Location) -> Result<Self> {
        location.make_folder()?;
        let Some(data_path) = location.data_path_of_new() else {
            return Ok(Self::over(Lake::open(&location.uri, location.options()).await?));
        };
        let create = CreateLake { data_path, encrypted: false };
        // The path that a lake records holds wherever it is not given anew.
        let options = LakeOptions { data_path: location.data_path.clone(), ..location.options() };
        Ok(Self::over(Lake::create(&location.uri, &create, options).await?))
    }

    /// The tables of a lake that is open already.
    #[must_use]
    pub fn over(lake: Lake) -> Self {
        Self { lake, commits: Arc::default() }
    }

    /// The lake.
    #[must_use]
    pub fn lake(&self) -> &Lake {
        &self.lake
    }

    /// Waits for files of dropped transactions to be removed, and closes the connections to the catalog.
    pub async fn close(&self) {
        self.lake.storage().settled().await;
        self.lake.close().await;
    }

    /// A session in which the lake's tables are `lake.zen.…`.
    ///
    /// # Errors
    /// None in practice: the session is new.
    pub async fn session(&self) -> Result<Session> {
        let session = Session::new();
        session.attach(LAKE, self.lake.clone()).await?;
        Ok(session)
    }
}
