//! A tantivy directory over the bytes of one segment, read-only.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use tantivy::Directory;
use tantivy::directory::error::{DeleteError, OpenReadError, OpenWriteError};
use tantivy::directory::{FileHandle, OwnedBytes, WatchCallback, WatchHandle, WritePtr};

/// The one segment has this id, whatever it was called while it was built: names of files are not kept.
pub(crate) const SEGMENT_ID: &str = "00000000000000000000000000000000";

/// Files of one segment within its bytes, and the description of the index.
#[derive(Clone, Debug)]
pub(crate) struct SegmentDirectory {
    meta: Arc<[u8]>,
    bytes: OwnedBytes,
    parts: Arc<[(String, Range<usize>)]>,
}

impl SegmentDirectory {
    /// `parts` are ranges that lie within `bytes`, by the extension of the file.
    pub(crate) fn new(meta: Vec<u8>, bytes: OwnedBytes, parts: Vec<(String, Range<usize>)>) -> Self {
        Self { meta: meta.into(), bytes, parts: parts.into() }
    }

    fn part(&self, path: &Path) -> Option<OwnedBytes> {
        let extension = path.extension()?.to_str()?;
        let (_, range) = self.parts.iter().find(|(name, _)| name == extension)?;
        Some(self.bytes.slice(range.clone()))
    }
}

impl Directory for SegmentDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match self.part(path) {
            Some(part) => Ok(Arc::new(part)),
            None => Err(OpenReadError::FileDoesNotExist(path.to_path_buf())),
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        Err(DeleteError::IoError { io_error: Arc::new(read_only()), filepath: path.to_path_buf() })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        Ok(path == Path::new("meta.json") || self.part(path).is_some())
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        Err(OpenWriteError::IoError { io_error: Arc::new(read_only()), filepath: path.to_path_buf() })
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        if path == Path::new("meta.json") {
            return Ok(self.meta.to_vec());
        }
        Err(OpenReadError::FileDoesNotExist(path.to_path_buf()))
    }

    fn atomic_write(&self, _path: &Path, _data: &[u8]) -> io::Result<()> {
        Err(read_only())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn watch(&self, _callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

fn read_only() -> io::Error {
    io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "a text segment does not change")
}
