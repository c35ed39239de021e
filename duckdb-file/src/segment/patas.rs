//! Floating-point numbers by their difference from an earlier one, in whole bytes (Patas; DuckDB before 1.2).

use super::Decoder;
use super::alp::{group_rows, is_double};
use super::region::Region;
use crate::error::{Error, Result};
use crate::types::Fixed;

#[derive(Debug)]
pub(super) struct Groups {
    region: Region,
    width: usize,
    /// The metadata of groups that were not decoded yet ends here.
    metadata_end: usize,
    group: usize,
}

impl Groups {
    pub(super) fn new(region: Region, fixed: Fixed) -> Result<Self> {
        let width = if is_double(fixed, 9)? { 8 } else { 4 };
        let metadata_end = region.size(0)?;
        Ok(Self { region, width, metadata_end, group: 0 })
    }
}

impl Decoder<Vec<u8>> for Groups {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let rows = group_rows(self.region.rows, self.group);
        self.group += 1;
        let words = self.metadata_end.checked_sub(4 + 2 * rows);
        let words = words.ok_or_else(|| Error::corrupt("the metadata of groups is out of range"))?;
        let mut position = self.region.size(self.metadata_end - 4)?;
        self.metadata_end = words;
        let mut values: Vec<u64> = Vec::with_capacity(rows);
        for row in 0..rows {
            let word = self.region.u16(words + 2 * row)?;
            let (distance, count) = (usize::from(word >> 9), usize::from(word >> 6 & 7));
            let zeros = u32::from(word & if self.width == 8 { 63 } else { 31 });
            let length = match count {
                0 if zeros < 8 => self.width,
                0 => 0,
                count => count,
            };
            let mut bytes = [0; 8];
            bytes[..length].copy_from_slice(&self.region.part(position, length)?);
            position += length;
            let mut value = u64::from_le_bytes(bytes) << zeros;
            if distance > 0 {
                let earlier = row.checked_sub(distance).ok_or_else(|| Error::corrupt("a value before the first"))?;
                value ^= values[earlier];
            }
            values.push(value);
            out.extend_from_slice(&value.to_le_bytes()[..self.width]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences() {
        let first = 1.5_f64.to_bits();
        let second = first ^ (0xab << 16);
        let data = [&first.to_le_bytes()[..], &[0xab]].concat();
        let words = [0_u16, 1 << 9 | 1 << 6 | 16, 1 << 9 | 8];
        let mut bytes = vec![0; 4];
        bytes.extend(&data);
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend(4_u32.to_le_bytes());
        let end = (bytes.len() as u32).to_le_bytes();
        bytes[..4].copy_from_slice(&end);
        let mut out = Vec::new();
        Groups::new(Region::test(bytes, 3), Fixed::F64).unwrap().piece(&mut out).unwrap();
        assert_eq!(out, [first, second, second].map(u64::to_le_bytes).concat());
    }
}
