//! Integers packed into a stream of bits, lowest bits first.

use crate::error::{Error, Result};

/// Bytes that `count` packed integers take in the file; they come in groups of 32.
pub(crate) fn packed_size(width: u32, count: usize) -> usize {
    count.div_ceil(32) * 4 * width as usize
}

/// Unpacks `count` integers of up to 64 bits.
pub(crate) fn unpack(bytes: &[u8], width: u32, count: usize) -> Result<Vec<u64>> {
    if width == 0 {
        return Ok(vec![0; count]);
    }
    check(bytes, width, 64, count)?;
    let mask = u64::MAX >> (64 - width);
    let mut values = Vec::with_capacity(count);
    // Where eight bytes from the first of a value on hold all of it and are all there.
    let simple = if width <= 56 { bytes.len().saturating_sub(7) * 8 / width as usize } else { 0 };
    let simple = simple.min(count);
    values.extend((0..simple).map(|position| {
        let bit = position * width as usize;
        let word = bytes.get(bit / 8..).and_then(|rest| rest.first_chunk::<8>());
        word.map_or(0, |word| u64::from_le_bytes(*word)) >> (bit % 8) & mask
    }));
    for position in simple..count {
        let bit = position * width as usize;
        let mut word = [0; 16];
        let rest = &bytes[bit / 8..];
        let length = rest.len().min(word.len());
        word[..length].copy_from_slice(&rest[..length]);
        values.push((u128::from_le_bytes(word) >> (bit % 8)) as u64 & mask);
    }
    Ok(values)
}

/// Unpacks `count` integers of up to 128 bits.
pub(crate) fn unpack_wide(bytes: &[u8], width: u32, count: usize) -> Result<Vec<u128>> {
    if width <= 64 {
        return Ok(unpack(bytes, width, count)?.into_iter().map(u128::from).collect());
    }
    check(bytes, width, 128, count)?;
    let mut values = Vec::with_capacity(count);
    for position in 0..count {
        let bit = position * width as usize;
        let (start, shift) = (bit / 8, bit % 8);
        let mut value = 0;
        // Up to seven bits before the value, so up to 17 bytes.
        for (at, byte) in bytes[start..].iter().take(17).enumerate() {
            let place = 8 * at as i32 - shift as i32;
            value |= match place {
                ..0 => u128::from(*byte) >> -place,
                _ if place >= 128 => 0,
                _ => u128::from(*byte) << place,
            };
        }
        values.push(value & (u128::MAX >> (128 - width)));
    }
    Ok(values)
}

fn check(bytes: &[u8], width: u32, max_width: u32, count: usize) -> Result<()> {
    if width > max_width {
        return Err(Error::corrupt(format!("integers packed to {width} bits")));
    }
    let needed = count.checked_mul(width as usize).map(|bits| bits.div_ceil(8));
    if needed.is_none_or(|needed| needed > bytes.len()) {
        return Err(Error::corrupt(format!("{count} integers of {width} bits in {} bytes", bytes.len())));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The inverse of unpacking.
    pub(crate) fn pack(values: &[u128], width: u32) -> Vec<u8> {
        let mut bytes = vec![0; packed_size(width, values.len())];
        for (position, value) in values.iter().enumerate() {
            for bit in 0..width as usize {
                let at = position * width as usize + bit;
                bytes[at / 8] |= ((value >> bit & 1) as u8) << (at % 8);
            }
        }
        bytes
    }

    proptest! {
        #[test]
        fn every_width(width in 0_u32..=128, values: Vec<u128>) {
            let mask = if width == 0 { 0 } else { u128::MAX >> (128 - width) };
            let values: Vec<_> = values.into_iter().map(|value| value & mask).collect();
            let packed = pack(&values, width);
            prop_assert_eq!(&unpack_wide(&packed, width, values.len()).unwrap(), &values);
            if width <= 64 {
                let narrow: Vec<_> = values.iter().map(|value| *value as u64).collect();
                prop_assert_eq!(unpack(&packed, width, values.len()).unwrap(), narrow);
            }
        }
    }

    #[test]
    fn too_short_or_too_wide() {
        assert!(unpack(&[0; 3], 8, 4).is_err());
        assert!(unpack(&[0; 100], 65, 1).is_err());
        assert!(unpack_wide(&[0; 100], 129, 1).is_err());
        assert!(unpack(&[0; 100], 64, usize::MAX).is_err());
    }
}
