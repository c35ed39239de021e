//! Floating-point numbers cut in two, the left part by a dictionary (ALP for Real Doubles).

use super::Decoder;
use super::alp::{group_rows, is_double};
use super::region::Region;
use crate::bits::{packed_size, unpack};
use crate::error::{Error, Result};
use crate::types::Fixed;

/// Stands where the number of exceptions would, before values as they are.
const RAW: u16 = 65535;
const DICTIONARY: usize = 7;

#[derive(Debug)]
pub(super) struct Groups {
    region: Region,
    width: usize,
    metadata_end: usize,
    right_bits: u32,
    left_bits: u32,
    dictionary: Vec<u16>,
    group: usize,
}

impl Groups {
    pub(super) fn new(region: Region, fixed: Fixed) -> Result<Self> {
        let width = if is_double(fixed, 11)? { 8 } else { 4 };
        let metadata_end = region.size(0)?;
        let (right_bits, left_bits) = (u32::from(region.u8(4)?), u32::from(region.u8(5)?));
        if right_bits >= 8 * width as u32 || left_bits > 16 {
            return Err(Error::corrupt(format!("numbers cut to {left_bits} and {right_bits} bits")));
        }
        let entries = region.part(DICTIONARY, usize::from(region.u8(6)?) * 2)?;
        let dictionary = entries.as_chunks::<2>().0.iter().map(|entry| u16::from_le_bytes(*entry)).collect();
        Ok(Self { region, width, metadata_end, right_bits, left_bits, dictionary, group: 0 })
    }
}

impl Decoder<Vec<u8>> for Groups {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let rows = group_rows(self.region.rows, self.group);
        let start = self.region.group_word(self.metadata_end, self.group)? as usize;
        self.group += 1;
        let exceptions = self.region.u16(start)?;
        if exceptions == RAW {
            out.extend_from_slice(&self.region.part(start + 2, rows * self.width)?);
            return Ok(());
        }
        let exceptions = usize::from(exceptions);
        let left_start = start + 2;
        let right_start = left_start + packed_size(self.left_bits, rows);
        let left_values = right_start + packed_size(self.right_bits, rows);
        let positions = left_values + exceptions * 2;
        let codes = unpack(&self.region.from(left_start)?, self.left_bits, rows)?;
        let right = unpack(&self.region.from(right_start)?, self.right_bits, rows)?;
        // A code that an exception replaces need not be one of the dictionary's.
        let mut left: Vec<_> = codes.iter().map(|code| self.dictionary.get(*code as usize).copied()).collect();
        for exception in 0..exceptions {
            let row = usize::from(self.region.u16(positions + exception * 2)?);
            let value = self.region.u16(left_values + exception * 2)?;
            *left.get_mut(row).ok_or_else(|| Error::corrupt("an exception is in no row"))? = Some(value);
        }
        for (left, right) in left.into_iter().zip(right) {
            let left = left.ok_or_else(|| Error::corrupt("a code that is not in the dictionary"))?;
            let bits = u64::from(left) << self.right_bits | right;
            out.extend_from_slice(&bits.to_le_bytes()[..self.width]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::tests::pack;

    #[test]
    fn both_parts() {
        let values = [1.5_f64, -2.25, 1e300];
        let right: Vec<_> = values.iter().map(|value| u128::from(value.to_bits() & ((1 << 48) - 1))).collect();
        let left = values.map(|value| (value.to_bits() >> 48) as u16);
        let mut group = 1_u16.to_le_bytes().to_vec();
        group.extend(pack(&[0, 1, 0], 1));
        group.extend(pack(&right, 48));
        group.extend(left[2].to_le_bytes());
        group.extend(2_u16.to_le_bytes());
        let mut header = vec![0; 4];
        header.extend([48, 1, 2]);
        header.extend(left[..2].iter().flat_map(|left| left.to_le_bytes()));
        let end = header.len() + group.len() + 4;
        let start = header.len() as u32;
        header[..4].copy_from_slice(&(end as u32).to_le_bytes());
        let bytes = [header, group, start.to_le_bytes().to_vec()].concat();
        let mut out = Vec::new();
        Groups::new(Region::test(bytes, 3), Fixed::F64).unwrap().piece(&mut out).unwrap();
        assert_eq!(out, values.map(f64::to_le_bytes).concat());
    }
}
