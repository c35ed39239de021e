//! Rows that were inserted, as they are in the log: they are decoded when they are scanned.

use bytes::Bytes;

use super::chunk::Chunk;
use crate::error::{At, Result};
use crate::serial::Reader;

/// The bytes of a chunk.
#[derive(Clone, Debug)]
pub(crate) struct ChunkBytes {
    bytes: Bytes,
    pub rows: u64,
    /// Where its frame is in the log.
    frame: u64,
}

impl ChunkBytes {
    pub(crate) fn new(bytes: Bytes, frame: u64) -> Result<Self> {
        let rows = Chunk::read_rows(&mut Reader::over(bytes.clone()))?;
        Ok(Self { bytes, rows, frame })
    }

    pub(crate) fn decode(&self) -> Result<Chunk> {
        Chunk::read(&mut Reader::over(self.bytes.clone())).at(|| format!("write-ahead log, frame at {}", self.frame))
    }
}
