//! Streams in metadata blocks: each block is cut into sub-blocks, each sub-block names the next.

use std::sync::Arc;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::error::{Error, Result};
use crate::header::NONE;

const SUB_BLOCKS: usize = 64;
/// Bytes of the pointer to the next sub-block.
const LINK: usize = 8;

/// A position in a stream of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MetaPointer {
    /// Block id in the low 56 bits, number of the sub-block above.
    pub block: u64,
    /// From the start of the sub-block.
    pub offset: u64,
}

/// Walks the sub-blocks of a stream.
#[derive(Debug)]
pub(crate) struct Chain {
    blocks: Arc<Blocks>,
    next: MetaPointer,
    /// More hops than the file has sub-blocks are a cycle.
    hops_left: u64,
}

impl Chain {
    pub(crate) fn new(blocks: &Arc<Blocks>, start: MetaPointer) -> Result<Self> {
        let sub_blocks = blocks.file_length()? / sub_block_size(blocks) as u64;
        Ok(Self { blocks: blocks.clone(), next: start, hops_left: sub_blocks + 1 })
    }

    /// The bytes of the next sub-block, `None` after the last.
    pub(crate) fn next_chunk(&mut self) -> Result<Option<Bytes>> {
        if self.next.block == NONE {
            return Ok(None);
        }
        self.hops_left = self.hops_left.checked_sub(1).ok_or_else(|| Error::corrupt("cycle of metadata blocks"))?;
        let MetaPointer { block, offset } = self.next;
        let size = sub_block_size(&self.blocks);
        let index = (block >> 56) as usize;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).max(LINK);
        if index >= SUB_BLOCKS || start > size {
            return Err(Error::corrupt(format!("metadata pointer {block:#x} + {offset}")));
        }
        let payload = self.blocks.payload(block & !(0xff << 56))?;
        let sub_block = payload.slice(index * size..(index + 1) * size);
        let link = sub_block.first_chunk::<LINK>().map_or(NONE, |link| u64::from_le_bytes(*link));
        self.next = MetaPointer { block: link, offset: 0 };
        Ok(Some(sub_block.slice(start..)))
    }
}

fn sub_block_size(blocks: &Blocks) -> usize {
    (blocks.payload_size() / SUB_BLOCKS) & !7
}
