//! Integers in groups, each with as few bits as it takes.

use bytes::Bytes;

use super::Decoder;
use super::region::Region;
use crate::bits::{packed_size, unpack, unpack_wide};
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

    /// The width of packed integers.
    fn bits(&self, start: usize) -> Result<u32> {
        let bits = u32::from(self.field(start)? as u8);
        if bits as usize > self.width * 8 {
            return Err(Error::corrupt(format!("integers of {} bytes packed to {bits} bits", self.width)));
        }
        Ok(bits)
    }

    fn packed(&self, start: usize, bits: u32, rows: usize) -> Result<Bytes> {
        // The padding of the last group may be cut.
        let rest = self.region.from(start)?;
        Ok(rest.slice(..packed_size(bits, rows).min(rest.len())))
    }
}

impl Decoder<Vec<u8>> for Groups {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let word = self.region.group_word(self.metadata_end, self.group)?;
        let done = (self.group * GROUP) as u64;
        let rows = self.region.rows.saturating_sub(done).min(GROUP as u64) as usize;
        match self.width {
            1 => self.narrow::<1>(word, rows, out)?,
            2 => self.narrow::<2>(word, rows, out)?,
            4 => self.narrow::<4>(word, rows, out)?,
            8 => self.narrow::<8>(word, rows, out)?,
            _ => self.wide(word, rows, out)?,
        }
        self.group += 1;
        Ok(())
    }
}

impl Groups {
    /// Values of up to 64 bits: arithmetic in those is the same as in their own width.
    fn narrow<const N: usize>(&self, word: u32, rows: usize, out: &mut Vec<u8>) -> Result<()> {
        let (mode, start, width) = (word >> 24, (word & 0x00ff_ffff) as usize, self.width);
        let field = |at: usize| Ok::<_, Error>(self.field(at)? as u64);
        match mode {
            2 => {
                let value = field(start)?;
                write::<N>(out, rows, std::iter::repeat_n(value, rows));
            }
            3 => {
                let (base, step) = (field(start)?, field(start + width)?);
                write::<N>(out, rows, (0..rows as u64).map(|at| base.wrapping_add(at.wrapping_mul(step))));
            }
            4 => {
                let (frame, bits) = (field(start)?, self.bits(start + width)?);
                let mut value = field(start + 2 * width)?;
                let steps = unpack(&self.packed(start + 3 * width, bits, rows)?, bits, rows)?;
                let values = steps.into_iter().map(|step| {
                    value = value.wrapping_add(step).wrapping_add(frame);
                    value
                });
                write::<N>(out, rows, values);
            }
            5 => {
                let (frame, bits) = (field(start)?, self.bits(start + width)?);
                let packed = unpack(&self.packed(start + 2 * width, bits, rows)?, bits, rows)?;
                write::<N>(out, rows, packed.into_iter().map(|value| value.wrapping_add(frame)));
            }
            mode => return Err(unknown(mode)),
        }
        Ok(())
    }

    /// Values of 128 bits.
    fn wide(&self, word: u32, rows: usize, out: &mut Vec<u8>) -> Result<()> {
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
                let (frame, bits) = (self.field(start)?, self.bits(start + width)?);
                let mut value = self.field(start + 2 * width)?;
                for step in unpack_wide(&self.packed(start + 3 * width, bits, rows)?, bits, rows)? {
                    value = value.wrapping_add(step).wrapping_add(frame);
                    emit(value);
                }
            }
            5 => {
                let (frame, bits) = (self.field(start)?, self.bits(start + width)?);
                let packed = unpack_wide(&self.packed(start + 2 * width, bits, rows)?, bits, rows)?;
                packed.into_iter().for_each(|value| emit(value.wrapping_add(frame)));
            }
            mode => return Err(unknown(mode)),
        }
        Ok(())
    }
}

fn unknown(mode: u32) -> Error {
    Error::unsupported(format!("bit-packing mode {mode}"), NEWER)
}

/// Appends the low bytes of as many values as there are rows.
fn write<const N: usize>(out: &mut Vec<u8>, rows: usize, values: impl Iterator<Item = u64>) {
    let start = out.len();
    out.resize(start + rows * N, 0);
    for (slot, value) in out[start..].as_chunks_mut::<N>().0.iter_mut().zip(values) {
        slot.copy_from_slice(&value.to_le_bytes()[..N]);
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
