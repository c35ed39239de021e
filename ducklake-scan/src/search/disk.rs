//! Segments of object stores, kept on local disk.
//!
//! Segments never change, and whoever reads one checks it, so a cached file is as good as the store's. Failures of the
//! cache are no failures of a search: then the store is asked.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;

/// A folder of segments, bounded in bytes; those used longest ago go first.
#[derive(Debug, Clone)]
pub(crate) struct DiskCache {
    folder: PathBuf,
    limit: u64,
}

impl DiskCache {
    pub(super) fn new(folder: PathBuf, limit: u64) -> Self {
        Self { folder, limit }
    }

    /// A segment, if it is there.
    pub(super) async fn get(&self, name: &str) -> Option<Bytes> {
        let path = self.folder.join(name);
        let read = tokio::task::spawn_blocking(move || {
            let bytes = std::fs::read(&path).ok()?;
            // What is used stays.
            let _ =
                std::fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
            Some(Bytes::from(bytes))
        });
        read.await.ok().flatten()
    }

    /// Keeps a segment.
    pub(super) async fn put(&self, name: &str, bytes: Bytes) {
        let (cache, name) = (self.clone(), name.to_string());
        // Without room or permission the cache stays as it is.
        let _ = tokio::task::spawn_blocking(move || cache.put_blocking(&name, &bytes)).await;
    }

    /// Forgets a segment that is not what it should be.
    pub(super) async fn remove(&self, name: &str) {
        let path = self.folder.join(name);
        let _ = tokio::fs::remove_file(path).await;
    }

    fn put_blocking(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        if bytes.len() as u64 > self.limit {
            return Ok(());
        }
        std::fs::create_dir_all(&self.folder)?;
        let unfinished = self.folder.join(format!("{name}.{}.tmp", uuid::Uuid::new_v4()));
        let written =
            std::fs::write(&unfinished, bytes).and_then(|()| std::fs::rename(&unfinished, self.folder.join(name)));
        if written.is_err() {
            let _ = std::fs::remove_file(&unfinished);
        }
        written?;
        make_room(&self.folder, self.limit)
    }
}

/// Removes the oldest files until no more than `limit` bytes are there.
fn make_room(folder: &Path, limit: u64) -> std::io::Result<()> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_file() {
            files.push((metadata.modified()?, metadata.len(), entry.path()));
        }
    }
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in files {
        if bytes <= limit {
            break;
        }
        std::fs::remove_file(path)?;
        bytes -= size;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_go_first() {
        let home = tempfile::tempdir().unwrap();
        let cache = DiskCache::new(home.path().join("segments"), 10);
        assert_eq!(cache.get("a").await, None);
        for name in ["a", "b"] {
            cache.put(name, Bytes::from_static(b"1234")).await;
            let path = home.path().join("segments").join(name);
            let old = SystemTime::now() - std::time::Duration::from_secs(1000);
            std::fs::File::options().append(true).open(path).unwrap().set_modified(old).unwrap();
        }
        assert_eq!(cache.get("a").await.as_deref(), Some(&b"1234"[..]));
        cache.put("c", Bytes::from_static(b"5678")).await;
        assert_eq!(
            (cache.get("b").await, cache.get("a").await.is_some(), cache.get("c").await.is_some()),
            (None, true, true)
        );
        cache.put("d", Bytes::from_static(b"more than there is room for")).await;
        assert_eq!(cache.get("d").await, None);
    }
}
