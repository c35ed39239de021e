//! Complete files that nobody has taken responsibility for yet.

use ducklake_storage::Storage;
use tokio::runtime::Handle;

use super::delete_file::remove_files;
use super::layout::WrittenFile;

/// Files that are removed, as well as that can be done, if they are dropped instead of taken.
#[derive(Debug)]
pub(super) struct PendingFiles {
    storage: Storage,
    runtime: Option<Handle>,
    files: Vec<WrittenFile>,
}

impl PendingFiles {
    pub(super) fn new(storage: &Storage) -> Self {
        Self { storage: storage.clone(), runtime: Handle::try_current().ok(), files: Vec::new() }
    }

    pub(super) fn push(&mut self, file: WrittenFile) {
        self.files.push(file);
    }

    /// Moves another's files here.
    pub(super) fn append(&mut self, mut other: Self) {
        self.files.append(&mut other.files);
    }

    /// Gives the files away.
    pub(super) fn take(&mut self) -> Vec<WrittenFile> {
        std::mem::take(&mut self.files)
    }

    /// Those so far, as something of their own.
    pub(super) fn split_off(&mut self) -> Self {
        Self { storage: self.storage.clone(), runtime: self.runtime.clone(), files: self.take() }
    }

    pub(super) async fn remove(&mut self) {
        let paths: Vec<String> = self.files.drain(..).map(|file| file.full_path).collect();
        remove_files(&self.storage, &paths).await;
    }
}

impl Drop for PendingFiles {
    fn drop(&mut self) {
        if self.files.is_empty() {
            return;
        }
        if let Some(runtime) = self.runtime.clone() {
            let mut files = self.split_off();
            self.storage.in_background(&runtime, async move { files.remove().await });
        }
    }
}
