//! Floating-point numbers as decimal integers (Adaptive Lossless floating-Point compression).

use super::Decoder;
use super::region::Region;
use crate::bits::{packed_size, unpack};
use crate::error::{Error, Result};
use crate::types::Fixed;

pub(super) const GROUP: usize = 1024;
/// Stands where the exponent would, before values as they are.
const RAW: u8 = 255;

#[derive(Debug)]
pub(super) struct Groups {
    region: Region,
    is_double: bool,
    metadata_end: usize,
    group: usize,
}

impl Groups {
    pub(super) fn new(region: Region, fixed: Fixed) -> Result<Self> {
        let is_double = is_double(fixed, 10)?;
        let metadata_end = region.size(0)?;
        Ok(Self { region, is_double, metadata_end, group: 0 })
    }

    fn value(&self, integer: i64, factor: usize, exponent: usize) -> [u8; 8] {
        let mut bytes = [0; 8];
        if self.is_double {
            bytes = (integer as f64 * POWERS[factor] * INVERSE_POWERS[exponent]).to_le_bytes();
        } else {
            let value = integer as f32 * POWERS_F32[factor] * INVERSE_POWERS_F32[exponent];
            bytes[..4].copy_from_slice(&value.to_le_bytes());
        }
        bytes
    }
}

/// Whether values are 8 bytes wide, not 4.
pub(super) fn is_double(fixed: Fixed, compression: u64) -> Result<bool> {
    match fixed {
        Fixed::F32 => Ok(false),
        Fixed::F64 => Ok(true),
        _ => Err(super::unknown(compression, "numbers that are not floating-point")),
    }
}

/// The rows of a group.
pub(super) fn group_rows(rows: u64, group: usize) -> usize {
    rows.saturating_sub((group * GROUP) as u64).min(GROUP as u64) as usize
}

impl Decoder<Vec<u8>> for Groups {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let rows = group_rows(self.region.rows, self.group);
        let width = if self.is_double { 8 } else { 4 };
        let start = self.region.group_word(self.metadata_end, self.group)? as usize;
        self.group += 1;
        let exponent = self.region.u8(start)?;
        if exponent == RAW {
            out.extend_from_slice(&self.region.part(start + 1, rows * width)?);
            return Ok(());
        }
        let factor = self.region.u8(start + 1)?;
        let highest = if self.is_double { POWERS.len() } else { POWERS_F32.len() };
        if usize::from(exponent.max(factor)) >= highest {
            return Err(Error::corrupt(format!("decimal exponent {exponent}, factor {factor}")));
        }
        let exceptions = usize::from(self.region.u16(start + 2)?);
        let frame = self.region.u64(start + 4)?;
        let bits = u32::from(self.region.u8(start + 12)?);
        let packed = start + 13;
        let first = out.len();
        for integer in unpack(&self.region.from(packed)?, bits, rows)? {
            let integer = integer.wrapping_add(frame).cast_signed();
            out.extend_from_slice(&self.value(integer, factor.into(), exponent.into())[..width]);
        }
        let values = packed + packed_size(bits, rows);
        let positions = values + exceptions * width;
        for exception in 0..exceptions {
            let row = usize::from(self.region.u16(positions + exception * 2)?);
            let value = self.region.part(values + exception * width, width)?;
            if row >= rows {
                return Err(Error::corrupt("an exception is in no row"));
            }
            out[first + row * width..first + (row + 1) * width].copy_from_slice(&value);
        }
        Ok(())
    }
}

const POWERS: [f64; 19] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];
const INVERSE_POWERS: [f64; 19] = [
    1e-0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17,
    1e-18,
];
const POWERS_F32: [f32; 11] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];
const INVERSE_POWERS_F32: [f32; 11] = [1e-0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::tests::pack;

    #[test]
    fn decimals_and_exceptions() {
        let packed = pack(&[0, 10, 20], 5);
        let mut group = vec![2, 0, 1, 0];
        group.extend(125_u64.to_le_bytes());
        group.push(5);
        group.extend(packed);
        group.extend(f64::NAN.to_le_bytes());
        group.extend(1_u16.to_le_bytes());
        let end = 4 + group.len() + 4;
        let bytes = [&(end as u32).to_le_bytes()[..], &group, &4_u32.to_le_bytes()].concat();
        let mut out = Vec::new();
        Groups::new(Region::test(bytes, 3), Fixed::F64).unwrap().piece(&mut out).unwrap();
        let values: Vec<_> = out.as_chunks::<8>().0.iter().map(|value| f64::from_le_bytes(*value)).collect();
        assert_eq!((values[0], values[2]), (1.25, 1.45));
        assert!(values[1].is_nan());
    }

    #[test]
    fn raw_values() {
        let bytes = [&[13, 0, 0, 0, RAW][..], &1.5_f32.to_le_bytes(), &4_u32.to_le_bytes()].concat();
        let mut out = Vec::new();
        Groups::new(Region::test(bytes, 1), Fixed::F32).unwrap().piece(&mut out).unwrap();
        assert_eq!(out, 1.5_f32.to_le_bytes());
    }

    #[test]
    fn refused() {
        let bytes = [&[12, 0, 0, 0, 19, 0, 0, 0][..], &4_u32.to_le_bytes()].concat();
        assert!(Groups::new(Region::test(bytes, 1), Fixed::F64).unwrap().piece(&mut Vec::new()).is_err());
        assert!(Groups::new(Region::test(vec![0; 40], 1), Fixed::I64).is_err());
    }
}
