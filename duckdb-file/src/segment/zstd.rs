//! Strings of 2048 rows together, compressed with Zstandard.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;

use super::region::Region;
use super::uncompressed::BlockChain;
use super::{Decoder, PIECE};
use crate::blocks::Blocks;
use crate::error::{Error, Result};
use crate::strings::{Part, Strings};

/// More text in 2048 rows is taken for a corrupt file.
const MAX_SIZE: u64 = 1 << 30;
/// Stands for the segment's own block.
const OWN: u64 = u64::MAX;

pub(super) struct Compressed {
    region: Region,
    blocks: Arc<Blocks>,
    vectors: usize,
    vector: usize,
}

impl Compressed {
    pub(super) fn new(region: Region, blocks: &Arc<Blocks>) -> Result<Self> {
        let vectors = region.rows.div_ceil(PIECE as u64);
        // Each takes 28 bytes.
        let vectors = usize::try_from(vectors).ok().filter(|count| *count <= region.len() / 28);
        let vectors = vectors.ok_or_else(|| Error::corrupt("more vectors than a block can describe"))?;
        Ok(Self { region, blocks: blocks.clone(), vectors, vector: 0 })
    }
}

impl Decoder<Strings> for Compressed {
    fn piece(&mut self, out: &mut Strings) -> Result<()> {
        let (vectors, vector) = (self.vectors, self.vector);
        let rows = self.region.rows.saturating_sub((vector * PIECE) as u64).min(PIECE as u64) as usize;
        self.vector += 1;
        let page = self.region.u64(8 * vector)?;
        let offset = self.region.size(8 * vectors + 4 * vector)?;
        let sizes = (12 * vectors).next_multiple_of(8);
        let size = self.region.u64(sizes + 8 * vector)?;
        let compressed = self.region.u64(sizes + 8 * vectors + 8 * vector)?;
        let (payload, start) = if page == OWN {
            let whole = self.region.from(0)?;
            // Alignment counts from the block's start, which segments begin at multiples of 8 of.
            (whole, offset)
        } else {
            (self.blocks.payload(page)?, offset)
        };
        let mut chain = BlockChain::within(&self.blocks, payload, start.saturating_add(3) & !3)?;
        let lengths = chain.take(rows * 4)?;
        if compressed > self.blocks.file_length()? {
            return Err(Error::corrupt("compressed strings are longer than the file"));
        }
        let text = if size == 0 { Bytes::new() } else { decompress(&chain.take(compressed as usize)?, size)? };
        let buffer = out.buffer(&text)?;
        let mut end = 0_usize;
        for length in lengths.as_chunks::<4>().0 {
            let start = end;
            end = start.saturating_add(u32::from_le_bytes(*length) as usize);
            if end > text.len() {
                return Err(Error::corrupt("strings are longer than their compressed text"));
            }
            out.push(Part { buffer, start: start as u32, length: (end - start) as u32 });
        }
        Ok(())
    }
}

fn decompress(compressed: &[u8], size: u64) -> Result<Bytes> {
    if size > MAX_SIZE {
        return Err(Error::limit("text of 2048 rows", MAX_SIZE));
    }
    let broken = |error: std::io::Error| Error::corrupt(format!("compressed strings: {error}"));
    let decoder = zstd::stream::read::Decoder::with_buffer(compressed).map_err(broken)?;
    let mut text = Vec::new();
    decoder.single_frame().take(size).read_to_end(&mut text).map_err(broken)?;
    if text.len() as u64 != size {
        return Err(Error::corrupt(format!("{} bytes of compressed strings instead of {size}", text.len())));
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked() {
        let compressed = zstd::encode_all(&[b'a'; 1000][..], 1).unwrap();
        assert_eq!(decompress(&compressed, 1000).unwrap().len(), 1000);
        assert!(decompress(&compressed, 1001).is_err());
        assert_eq!(decompress(&compressed, 999).unwrap().len(), 999);
        assert!(decompress(&compressed, MAX_SIZE + 1).is_err());
        assert!(decompress(&compressed[..8], 1000).is_err());
    }
}
