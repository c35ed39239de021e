//! Blocks of the database file, checked when they are read.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::checksum::checksum;
use crate::error::{Error, Result};
use crate::header::{BLOCKS_START, Header};
use crate::source::ByteSource;

/// Bytes of the checksum before a block's payload.
const CHECKSUM: usize = 8;
/// Blocks that are kept; columns of a table share blocks.
const CACHED: usize = 64;

/// The blocks of one database file as one of its headers sees them.
#[derive(Debug)]
pub(crate) struct Blocks {
    source: Arc<dyn ByteSource>,
    pub header: Header,
    cache: Mutex<VecDeque<(u64, Bytes)>>,
    /// Blocks fetched, and how many of them are known to be those of `header`.
    fetched: AtomicU64,
    confirmed: AtomicU64,
}

impl Blocks {
    pub(crate) fn new(source: Arc<dyn ByteSource>, header: Header) -> Arc<Self> {
        let cache = Mutex::default();
        Arc::new(Self { source, header, cache, fetched: AtomicU64::new(0), confirmed: AtomicU64::new(0) })
    }

    /// Length of the file now.
    pub(crate) fn file_length(&self) -> Result<u64> {
        self.source.size().map_err(unreadable)
    }

    /// Bytes of a block without its checksum.
    pub(crate) fn payload_size(&self) -> usize {
        self.header.block_size - CHECKSUM
    }

    /// The block's bytes without the checksum.
    pub(crate) fn payload(&self, id: u64) -> Result<Bytes> {
        if let Some(payload) = self.cached(id) {
            return Ok(payload);
        }
        let size = self.header.block_size as u64;
        let start = id.checked_mul(size).and_then(|start| start.checked_add(BLOCKS_START));
        let end = start.and_then(|start| start.checked_add(size));
        let (Some(start), Some(end)) = (start, end) else {
            return Err(Error::corrupt(format!("block id {id}")));
        };
        let length = self.file_length()?;
        if end > length {
            return Err(Error::Truncated { what: format!("block {id}"), needed: end, length });
        }
        self.fetched.fetch_add(1, Ordering::Relaxed);
        let block = self.source.read_at(start, self.header.block_size).map_err(unreadable)?;
        if block.len() != self.header.block_size {
            return Err(unreadable(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let payload = block.slice(CHECKSUM..);
        let stored = block.first_chunk::<CHECKSUM>().map(|bytes| u64::from_le_bytes(*bytes));
        if stored != Some(checksum(&payload)) {
            return Err(Error::BadChecksum { place: format!("block {id}") });
        }
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHED {
            cache.pop_back();
        }
        cache.push_front((id, payload.clone()));
        Ok(payload)
    }

    fn cached(&self, id: u64) -> Option<Bytes> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let position = cache.iter().position(|(cached, _)| *cached == id)?;
        let entry = cache.remove(position)?;
        let payload = entry.1.clone();
        cache.push_front(entry);
        Some(payload)
    }

    /// Makes sure that the blocks read so far belong together: a writer reuses none of a header's blocks before it has
    /// written the next header.
    pub(crate) fn confirm(&self) -> Result<()> {
        let fetched = self.fetched.load(Ordering::Relaxed);
        if fetched != self.confirmed.load(Ordering::Relaxed) {
            self.confirm_header()?;
            self.confirmed.store(fetched, Ordering::Relaxed);
        }
        Ok(())
    }

    /// [`Error::Modified`] if the file has another active header by now.
    pub(crate) fn confirm_header(&self) -> Result<()> {
        match Header::read(self.source.as_ref()) {
            Ok(header) if header == self.header => Ok(()),
            Err(error @ Error::Io { .. }) => Err(error),
            _ => Err(Error::Modified),
        }
    }

    /// The error, or [`Error::Modified`] if that explains it.
    pub(crate) fn explain(&self, error: Error) -> Error {
        if error.may_be_race()
            && let Err(modified) = self.confirm_header()
        {
            return modified;
        }
        error
    }
}

/// Lengths are checked before bytes are read: if there are fewer then, a writer has cut the file meanwhile.
fn unreadable(source: std::io::Error) -> Error {
    match source.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::Modified,
        _ => Error::Io { file: "database file", source },
    }
}
