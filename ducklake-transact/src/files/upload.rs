//! Bytes on their way to a store: small files in one piece, larger ones in parts as they are made.

use std::sync::Arc;

use bytes::Bytes;
use ducklake_storage::{Located, Storage};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use tokio::runtime::Handle;

use super::error::WriteError;

/// Size of every part but the last; some stores want them equal and none wants them below 5 MiB.
const PART_BYTES: usize = 8 << 20;
/// Parts on their way at the same time.
const PARALLEL_PARTS: usize = 4;

/// A file that is being written. Dropped before [`Upload::finish`] it removes, as well as it can, what is there.
#[derive(Debug)]
pub(super) struct Upload {
    full_path: String,
    storage: Storage,
    store: Arc<dyn ObjectStore>,
    key: Path,
    runtime: Option<Handle>,
    small: Vec<Bytes>,
    parts: Option<WriteMultipart>,
    length: u64,
    /// Whether the store may have something of the file.
    touched: bool,
}

impl Upload {
    /// A file at that path; the store hears of it with the first part.
    pub(super) fn new(storage: &Storage, full_path: String) -> Result<Self, WriteError> {
        let Located { store, path, .. } = storage.locate(&full_path)?;
        let (storage, runtime) = (storage.clone(), Handle::try_current().ok());
        let (small, parts) = (Vec::new(), None);
        Ok(Self { full_path, storage, store, key: path, runtime, small, parts, length: 0, touched: false })
    }

    pub(super) fn full_path(&self) -> &str {
        &self.full_path
    }

    /// Bytes so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes; waits where the store is slower than we are.
    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<(), WriteError> {
        self.length += bytes.len() as u64;
        if self.parts.is_none() {
            self.small.push(bytes);
            if self.length < PART_BYTES as u64 {
                return Ok(());
            }
            self.touched = true;
            let upload = match self.store.put_multipart(&self.key).await {
                Ok(upload) => upload,
                Err(error) => return Err(self.failed(error)),
            };
            let mut parts = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
            self.small.drain(..).for_each(|bytes| parts.put(bytes));
            self.parts = Some(parts);
        } else if let Some(parts) = &mut self.parts {
            parts.put(bytes);
        }
        let Some(parts) = &mut self.parts else { return Ok(()) };
        match parts.wait_for_capacity(PARALLEL_PARTS).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Completes the file. On failure nothing of it stays.
    pub(super) async fn finish(mut self) -> Result<(), WriteError> {
        self.touched = true;
        let result = match self.parts.take() {
            Some(parts) => parts.finish().await,
            None => self.store.put(&self.key, PutPayload::from_iter(self.small.drain(..))).await,
        };
        match result {
            Ok(_) => {
                self.touched = false;
                Ok(())
            }
            Err(error) => {
                let error = self.failed(error);
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Removes what is there.
    pub(super) async fn abort(mut self) {
        if let Some(removal) = self.removal() {
            removal.await;
        }
    }

    fn failed(&self, source: object_store::Error) -> WriteError {
        WriteError::Store { path: self.full_path.clone(), source: Box::new(source) }
    }

    fn removal(&mut self) -> Option<impl Future<Output = ()> + Send + 'static> {
        if !std::mem::take(&mut self.touched) {
            return None;
        }
        let (store, key, parts) = (Arc::clone(&self.store), self.key.clone(), self.parts.take());
        Some(async move {
            if let Some(parts) = parts {
                let _ = parts.abort().await;
            }
            let _ = store.delete(&key).await;
        })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let (Some(removal), Some(runtime)) = (self.removal(), &self.runtime) {
            self.storage.in_background(runtime, removal);
        }
    }
}
