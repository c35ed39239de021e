//! Values as they are.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::region::Region;
use super::{Decoder, PIECE, Validity};
use crate::blocks::Blocks;
use crate::error::{Error, Result};
use crate::strings::Strings;
use crate::types::Fixed;

/// The rows of the next piece of a segment.
pub(super) fn next_rows(rows: u64, position: usize) -> usize {
    rows.saturating_sub(position as u64).min(PIECE as u64) as usize
}

#[derive(Debug)]
pub(super) struct Values {
    region: Region,
    width: usize,
    position: usize,
}

impl Values {
    pub(super) fn new(region: Region, fixed: Fixed) -> Self {
        Self { region, width: fixed.width(), position: 0 }
    }
}

impl Decoder<Vec<u8>> for Values {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let rows = next_rows(self.region.rows, self.position);
        out.extend_from_slice(&self.region.part(self.position * self.width, rows * self.width)?);
        self.position += rows;
        Ok(())
    }
}

/// One bit a row, 1 where it is valid.
#[derive(Debug)]
pub(super) struct Bits {
    region: Region,
    position: usize,
}

impl Bits {
    pub(super) fn new(region: Region) -> Self {
        Self { region, position: 0 }
    }
}

impl Decoder<Vec<Validity>> for Bits {
    fn piece(&mut self, out: &mut Vec<Validity>) -> Result<()> {
        let rows = next_rows(self.region.rows, self.position);
        // Pieces are whole bytes, but for the last.
        let bytes = self.region.part(self.position / 8, rows.div_ceil(8))?;
        let bit = |at: usize| bytes[at / 8] >> (at % 8) & 1 == 1;
        out.extend((0..rows).map(|at| if bit(at) { Validity::Valid } else { Validity::Null }));
        self.position += rows;
        Ok(())
    }
}

/// Strings that grow from the end of a dictionary towards its start; long ones are in blocks of their own.
pub(super) struct Texts {
    region: Region,
    blocks: Arc<Blocks>,
    end: usize,
    position: usize,
    /// Distance from `end` of the row before.
    last: usize,
    overflow: Overflow,
}

/// Bytes that stand for a string in overflow blocks: its block and its offset there.
const MARKER: usize = 12;

impl Texts {
    pub(super) fn new(region: Region, blocks: &Arc<Blocks>) -> Result<Self> {
        let end = region.size(4)?;
        Ok(Self { region, blocks: blocks.clone(), end, position: 0, last: 0, overflow: Overflow::default() })
    }
}

impl Decoder<Strings> for Texts {
    fn piece(&mut self, out: &mut Strings) -> Result<()> {
        let rows = next_rows(self.region.rows, self.position);
        let offsets = self.region.part(8 + self.position * 4, rows * 4)?;
        let buffer = out.buffer(self.region.bytes())?;
        for offset in offsets.as_chunks::<4>().0 {
            let offset = i32::from_le_bytes(*offset);
            let distance = offset.unsigned_abs() as usize;
            let length = distance.checked_sub(self.last);
            let (Some(length), Some(start)) = (length, self.end.checked_sub(distance)) else {
                return Err(Error::corrupt("a string's offset is out of range"));
            };
            self.last = distance;
            let string = self.region.string(buffer, start, length)?;
            if offset >= 0 || length == 0 {
                out.push(string);
            } else if length == MARKER {
                let block = self.region.u64(start)?;
                out.push_bytes(&self.overflow.read(&self.blocks, block, self.region.size(start + 8)?)?)?;
            } else {
                return Err(Error::corrupt("a long string's marker has another length"));
            }
        }
        self.position += rows;
        Ok(())
    }
}

/// Long strings of a segment.
#[derive(Default)]
struct Overflow {
    /// Rows may share a string.
    read: HashMap<(u64, usize), Bytes>,
    total: u64,
}

impl Overflow {
    fn read(&mut self, blocks: &Blocks, block: u64, offset: usize) -> Result<Bytes> {
        if let Some(string) = self.read.get(&(block, offset)) {
            return Ok(string.clone());
        }
        let mut chain = BlockChain::at(blocks, block, offset)?;
        let length = u32::from_le_bytes(chain.array()?);
        // Strings do not overlap, so together they are shorter than the file.
        self.total += u64::from(length);
        if self.total > blocks.file_length()? {
            return Err(Error::corrupt("long strings are longer than the file"));
        }
        let string = chain.take(length as usize)?;
        self.read.insert((block, offset), string.clone());
        Ok(string)
    }
}

/// Bytes that go on in other blocks: the last 8 of each name the next.
pub(super) struct BlockChain<'a> {
    blocks: &'a Blocks,
    payload: Bytes,
    position: usize,
    hops_left: u64,
}

const LINK: usize = 8;

impl<'a> BlockChain<'a> {
    pub(super) fn at(blocks: &'a Blocks, block: u64, offset: usize) -> Result<Self> {
        let payload = blocks.payload(block)?;
        Self::within(blocks, payload, offset)
    }

    pub(super) fn within(blocks: &'a Blocks, payload: Bytes, offset: usize) -> Result<Self> {
        if offset > payload.len().saturating_sub(LINK) {
            return Err(Error::corrupt(format!("a long string at {offset} of a block")));
        }
        let hops_left = blocks.file_length()? / blocks.header.block_size as u64;
        Ok(Self { blocks, payload, position: offset, hops_left })
    }

    /// The next bytes, for which memory is taken as they are found.
    pub(super) fn take(&mut self, length: usize) -> Result<Bytes> {
        let end = self.payload.len() - LINK;
        if length <= end - self.position {
            self.position += length;
            return Ok(self.payload.slice(self.position - length..self.position));
        }
        let mut collected = BytesMut::new();
        while collected.len() < length {
            let end = self.payload.len() - LINK;
            if self.position == end {
                self.hop(end)?;
                continue;
            }
            let part = (end - self.position).min(length - collected.len());
            collected.extend_from_slice(&self.payload[self.position..self.position + part]);
            self.position += part;
        }
        Ok(collected.freeze())
    }

    fn hop(&mut self, link: usize) -> Result<()> {
        self.hops_left = self.hops_left.checked_sub(1).ok_or_else(|| Error::corrupt("cycle of blocks"))?;
        let next = self.payload[link..].first_chunk::<LINK>().map(|bytes| u64::from_le_bytes(*bytes));
        self.payload = self.blocks.payload(next.unwrap_or(u64::MAX))?;
        self.position = 0;
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(&self.take(N)?);
        Ok(array)
    }
}
