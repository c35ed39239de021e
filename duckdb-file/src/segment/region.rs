//! The bytes of a segment.

use std::sync::Arc;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::error::{Error, Result};
use crate::storage::Segment;
use crate::strings::Part;

/// A segment's bytes: from its start to the end of its block, which others may share.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    bytes: Bytes,
    pub rows: u64,
}

impl Region {
    pub(crate) fn of(blocks: &Arc<Blocks>, segment: &Segment) -> Result<Self> {
        let block = segment.block.ok_or_else(|| Error::corrupt("a segment has no block"))?;
        let payload = blocks.payload(block)?;
        let start = usize::try_from(segment.offset).ok().filter(|start| *start <= payload.len());
        let start = start.ok_or_else(|| Error::corrupt(format!("a segment at {} of a block", segment.offset)))?;
        Ok(Self { bytes: payload.slice(start..), rows: segment.rows })
    }

    #[cfg(test)]
    pub(crate) fn test(bytes: Vec<u8>, rows: u64) -> Self {
        Self { bytes: bytes.into(), rows }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes from `start` on.
    pub(crate) fn from(&self, start: usize) -> Result<Bytes> {
        if start > self.bytes.len() {
            return Err(outside(start, 0));
        }
        Ok(self.bytes.slice(start..))
    }

    pub(crate) fn part(&self, start: usize, length: usize) -> Result<Bytes> {
        match start.checked_add(length) {
            Some(end) if end <= self.bytes.len() => Ok(self.bytes.slice(start..end)),
            _ => Err(outside(start, length)),
        }
    }

    pub(crate) fn slice(&self, start: usize, length: usize) -> Result<&[u8]> {
        let part = start.checked_add(length).and_then(|end| self.bytes.get(start..end));
        part.ok_or_else(|| outside(start, length))
    }

    /// All the bytes.
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// A part of the bytes, which are a buffer of strings.
    pub(crate) fn string(&self, buffer: u32, start: usize, length: usize) -> Result<Part> {
        self.slice(start, length)?;
        Ok(Part { buffer, start: start as u32, length: length as u32 })
    }

    pub(crate) fn array<const N: usize>(&self, start: usize) -> Result<[u8; N]> {
        let found = self.bytes.get(start..).and_then(|rest| rest.first_chunk::<N>());
        found.copied().ok_or_else(|| outside(start, N))
    }

    pub(crate) fn u8(&self, start: usize) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array(start)?))
    }

    pub(crate) fn u16(&self, start: usize) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array(start)?))
    }

    pub(crate) fn u32(&self, start: usize) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array(start)?))
    }

    pub(crate) fn u64(&self, start: usize) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array(start)?))
    }

    /// A `u32` that is an offset or a length.
    pub(crate) fn size(&self, start: usize) -> Result<usize> {
        Ok(self.u32(start)? as usize)
    }

    /// Where the data of a group is: words that lie before `metadata_end`, the first group's last.
    pub(crate) fn group_word(&self, metadata_end: usize, group: usize) -> Result<u32> {
        let start = group.checked_add(1).and_then(|count| metadata_end.checked_sub(count.checked_mul(4)?));
        self.u32(start.ok_or_else(|| Error::corrupt("the metadata of groups is out of range"))?)
    }
}

fn outside(start: usize, length: usize) -> Error {
    Error::corrupt(format!("{length} bytes at {start} are outside of the segment's block"))
}
