//! Files of a commit that is under way.

use ducklake_storage::Storage;
use tokio::runtime::Handle;

use crate::files::remove_files;

/// Files that the catalog has not been asked to keep: if this is dropped then, because the commit was cancelled, they are
/// removed, as well as that can be done.
pub(super) struct Unregistered {
    storage: Storage,
    runtime: Option<Handle>,
    paths: Vec<String>,
    is_held: bool,
}

impl Unregistered {
    pub(super) fn new(storage: &Storage, paths: Vec<String>) -> Self {
        Self { storage: storage.clone(), runtime: Handle::try_current().ok(), paths, is_held: true }
    }

    /// Adds files.
    pub(super) fn extend(&mut self, paths: Vec<String>) {
        self.paths.extend(paths);
    }

    /// From now on the files may belong to the lake, or are somebody else's to remove.
    pub(super) fn release(&mut self) {
        self.is_held = false;
    }

    /// The catalog certainly does not know the files after all.
    pub(super) fn hold(&mut self) {
        self.is_held = true;
    }
}

impl Drop for Unregistered {
    fn drop(&mut self) {
        if let (true, Some(runtime)) = (self.is_held, &self.runtime) {
            let (storage, paths) = (self.storage.clone(), std::mem::take(&mut self.paths));
            self.storage.in_background(runtime, async move { remove_files(&storage, &paths).await });
        }
    }
}
