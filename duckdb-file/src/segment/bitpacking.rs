//! Integers in groups, each with as few bits as it takes.

use super::Decoder;
use super::region::Region;
use crate::bits::{packed_size, unpack_wide};
use crate::error::{Error, NEWER, Result};
use crate::types::Fixed;

const GROUP: usize = 2048;

#[derive(Debug)]
pub(super) struct Groups {
    region: Region,
    width: usize,
    metadata_end: usize,
    group: usize,
}

impl Groups {
    pub(super) fn new(region: Region, fixed: Fixed) -> Result<Self> {
        if matches!(fixed, Fixed::F32 | Fixed::F64 | Fixed::Interval) {
            return Err(super::unknown(6, "numbers that are no integers"));
        }
        let metadata_end = usize::try_from(region.u64(0)?).unwrap_or(usize::MAX);
        Ok(Self { region, width: fixed.width(), metadata_end, group: 0 })
    }

    /// A field of the column's width.
    fn field(&self, start: usize) -> Result<u128> {
        let mut wide = [0; 16];
        wide[..self.width].copy_from_slice(&self.region.part(start, self.width)?);
        Ok(u128::from_le_bytes(wide))
    }

    fn packed(&self, start: usize, bits: u128, rows: usize) -> Result<Vec<u128>> {
        let bits = bits as u8;
        if usize::from(bits) > self.width * 8 {
            return Err(Error::corrupt(format!("integers of {} bytes packed to {bits} bits", self.width)));
        }
        // The padding of the last group may be cut.
        let rest = self.region.from(start)?;
        let packed = rest.slice(..packed_size(bits.into(), rows).min(rest.len()));
        unpack_wide(&packed, bits.into(), rows)
    }
}

impl Decoder<Vec<u8>> for Groups {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let word = self.region.group_word(self.metadata_end, self.group)?;
        let done = (self.group * GROUP) as u64;
        let rows = self.region.rows.saturating_sub(done).min(GROUP as u64) as usize;
        let (mode, start, width) = (word >> 24, (word & 0x00ff_ffff) as usize, self.width);
        let mut emit = |value: u128| out.extend_from_slice(&value.to_le_bytes()[..width]);
        match mode {
            2 => {
                let value = self.field(start)?;
                (0..rows).for_each(|_| emit(value));
            }
            3 => {
                let (base, step) = (self.field(start)?, self.field(start + width)?);
                (0..rows as u128).for_each(|at| emit(base.wrapping_add(at.wrapping_mul(step))));
            }
            4 => {
                let (frame, bits) = (self.field(start)?, self.field(start + width)?);
                let mut value = self.field(start + 2 * width)?;
                for step in self.packed(start + 3 * width, bits, rows)? {
                    value = value.wrapping_add(step).wrapping_add(frame);
                    emit(value);
                }
            }
            5 => {
                let (frame, bits) = (self.field(start)?, self.field(start + width)?);
                let packed = self.packed(start + 2 * width, bits, rows)?;
                packed.into_iter().for_each(|value| emit(value.wrapping_add(frame)));
            }
            mode => return Err(Error::unsupported(format!("bit-packing mode {mode}"), NEWER)),
        }
        self.group += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bits::tests::pack;

    fn decode(mode: u8, data: &[u8], rows: u64) -> Result<Vec<i32>> {
        let word = (u32::from(mode) << 24 | 8).to_le_bytes();
        let end = (8 + data.len() + 4) as u64;
        let bytes = [&end.to_le_bytes()[..], data, &word].concat();
        let mut out = Vec::new();
        Groups::new(Region::test(bytes, rows), Fixed::I32)?.piece(&mut out)?;
        Ok(out.as_chunks::<4>().0.iter().map(|value| i32::from_le_bytes(*value)).collect())
    }

    fn fields(values: &[i32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn constant_modes() {
        assert_eq!(decode(2, &fields(&[-5]), 3).unwrap(), [-5; 3]);
        assert_eq!(decode(3, &fields(&[10, -3]), 4).unwrap(), [10, 7, 4, 1]);
    }

    #[test]
    fn refused() {
        assert!(decode(1, &fields(&[0; 4]), 3).is_err());
        assert!(decode(5, &fields(&[0, 33, 0, 0]), 3).is_err());
        assert!(decode(5, &fields(&[0, 32]), 3000).is_err());
        assert!(decode(2, &[], 1).unwrap() != [0; 0]);
    }

    proptest! {
        #[test]
        fn frame_of_reference(frame: i32, bits in 0_u32..=32, values in prop::collection::vec(any::<u32>(), 1..300)) {
            let mask = if bits == 0 { 0 } else { u32::MAX >> (32 - bits) };
            let packed: Vec<_> = values.iter().map(|value| u128::from(value & mask)).collect();
            let expected: Vec<_> = values.iter().map(|value| ((value & mask) as i32).wrapping_add(frame)).collect();
            let data = [fields(&[frame, bits as i32]), pack(&packed, bits)].concat();
            prop_assert_eq!(decode(5, &data, values.len() as u64).unwrap(), expected);
            let mut value = 77_i32;
            let sums: Vec<_> = packed.iter().map(|step| { value = value.wrapping_add(*step as i32).wrapping_add(frame); value }).collect();
            let data = [fields(&[frame, bits as i32, 77]), pack(&packed, bits)].concat();
            prop_assert_eq!(decode(4, &data, values.len() as u64).unwrap(), sums);
        }
    }
}
