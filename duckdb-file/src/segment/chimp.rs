//! Floating-point numbers by their difference from one of the last 128, in bits (Chimp128).

use super::Decoder;
use super::alp::{GROUP, group_rows, is_double};
use super::region::Region;
use crate::error::{Error, Result};
use crate::types::Fixed;

const RING: usize = 128;
const LEADING_ZEROS: [u32; 8] = [0, 8, 12, 16, 18, 20, 22, 24];

#[derive(Debug)]
pub(super) struct Groups {
    region: Region,
    /// Bits of a value.
    size: u32,
    /// The next bit of the data, which goes on from group to group.
    bit: usize,
    /// The metadata of groups that were not decoded yet ends here.
    metadata_end: usize,
    group: usize,
}

/// What the metadata says of a group, in the order of its values.
struct Metadata {
    leading: std::vec::IntoIter<u32>,
    flags: Vec<u8>,
    words: std::vec::IntoIter<u16>,
}

impl Groups {
    pub(super) fn new(region: Region, fixed: Fixed) -> Result<Self> {
        let size = if is_double(fixed, 8)? { 64 } else { 32 };
        let metadata_end = region.size(0)?;
        Ok(Self { region, size, bit: 32, metadata_end, group: 0 })
    }

    /// Steps down over metadata of that length.
    fn step(&mut self, length: usize) -> Result<usize> {
        let start = self.metadata_end.checked_sub(length);
        self.metadata_end = start.ok_or_else(|| Error::corrupt("the metadata of groups is out of range"))?;
        Ok(self.metadata_end)
    }

    fn metadata(&mut self, rows: usize) -> Result<Metadata> {
        self.step(4)?;
        let at = self.step(1)?;
        let blocks = usize::from(self.region.u8(at)?);
        let at = self.step(3 * blocks)?;
        let mut leading = Vec::new();
        for block in self.region.part(at, 3 * blocks)?.as_chunks::<3>().0 {
            let word = u32::from_le_bytes([block[0], block[1], block[2], 0]);
            leading.extend((0..8).map(|code| LEADING_ZEROS[(word >> (3 * code) & 7) as usize]));
        }
        let count = rows.saturating_sub(1);
        let at = self.step(count.div_ceil(4))?;
        let packed = self.region.part(at, count.div_ceil(4))?;
        let flags: Vec<_> = (0..count).map(|flag| packed[flag / 4] >> (6 - 2 * (flag % 4)) & 3).collect();
        let count = flags.iter().filter(|flag| **flag == 1).count();
        self.step(2 * count)?;
        self.metadata_end &= !1;
        let words = self.region.part(self.metadata_end, 2 * count)?;
        let words: Vec<_> = words.as_chunks::<2>().0.iter().map(|word| u16::from_le_bytes(*word)).collect();
        Ok(Metadata { leading: leading.into_iter(), flags, words: words.into_iter() })
    }

    /// The next bits of the data, the highest first.
    fn bits(&mut self, count: u32) -> Result<u64> {
        let (start, end) = (self.bit, self.bit + count as usize);
        let bytes = self.region.part(start / 8, end.div_ceil(8) - start / 8)?;
        let window = bytes.iter().fold(0_u128, |window, byte| window << 8 | u128::from(*byte));
        self.bit = end;
        let window = window >> (end.div_ceil(8) * 8 - end);
        Ok((window & ((1 << count) - 1)) as u64)
    }
}

impl Decoder<Vec<u8>> for Groups {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let rows = group_rows(self.region.rows, self.group);
        self.group += 1;
        let mut metadata = self.metadata(rows)?;
        let missing = || Error::corrupt("the metadata of a group is too short");
        let mut ring = [0; RING];
        let mut lead = 0;
        for row in 0..rows.min(GROUP) {
            let previous = ring[(row + RING - 1) % RING];
            let value = match row.checked_sub(1).map(|flag| metadata.flags[flag]) {
                None => self.bits(self.size)?,
                Some(0) => ring[self.bits(7)? as usize],
                Some(1) => {
                    let word = metadata.words.next().ok_or_else(missing)?;
                    lead = LEADING_ZEROS[usize::from(word >> 6 & 7)];
                    let significant = match u32::from(word) & if self.size == 64 { 63 } else { 31 } {
                        0 => 64,
                        count => count,
                    };
                    let shift = self.size.checked_sub(lead + significant);
                    let shift = shift.ok_or_else(|| Error::corrupt("a value of too many bits"))?;
                    (self.bits(significant)? << shift) ^ ring[usize::from(word >> 9)]
                }
                Some(2) => self.bits(self.size - lead)? ^ previous,
                Some(_) => {
                    lead = metadata.leading.next().ok_or_else(missing)?;
                    self.bits(self.size - lead)? ^ previous
                }
            };
            ring[row % RING] = value;
            out.extend_from_slice(&value.to_le_bytes()[..self.size as usize / 8]);
        }
        Ok(())
    }
}
