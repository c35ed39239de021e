//! Values that Arrow has no type for, as DuckDB prints them.

use crate::error::{Error, Result};

const MAX_OFFSET: i64 = 57_599;

/// Microseconds of the day in the high 40 bits, the offset from UTC in the others.
pub(super) fn time_tz(bits: u64) -> String {
    let micros = bits >> 24;
    let offset = MAX_OFFSET - (bits & 0x00ff_ffff) as i64;
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction > 0 {
        text += format!(".{fraction:06}").trim_end_matches('0');
    }
    let (sign, offset) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    text += &format!("{sign}{:02}", offset / 3600);
    if offset % 3600 > 0 {
        text += &format!(":{:02}", offset / 60 % 60);
    }
    if offset % 60 > 0 {
        text += &format!(":{:02}", offset % 60);
    }
    text
}

/// A byte that counts the bits of padding, then the bits.
pub(super) fn bit(bytes: &[u8]) -> Result<String> {
    let Some((padding, bits)) = bytes.split_first().filter(|(padding, bits)| **padding < 8 && !bits.is_empty()) else {
        return Err(Error::corrupt("a BIT value is cut"));
    };
    let digits = bits.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    Ok(digits.skip(usize::from(*padding)).map(|bit| if bit == 1 { '1' } else { '0' }).collect())
}

const BIGNUM_HEADER: usize = 3;
/// What is divided off at a time: 9 decimal digits.
const CHUNK: u64 = 1_000_000_000;

/// A header that says the sign, then the magnitude; of negative numbers all bytes are complemented.
pub(super) fn bignum(bytes: &[u8]) -> Result<String> {
    if bytes.len() <= BIGNUM_HEADER {
        return Err(Error::corrupt("a BIGNUM value is cut"));
    }
    let negative = bytes[0] & 0x80 == 0;
    let magnitude = bytes[BIGNUM_HEADER..].iter().map(|byte| if negative { !byte } else { *byte });
    let magnitude: Vec<_> = magnitude.collect();
    // Words of 32 bits, the highest first.
    let mut words: Vec<_> = magnitude
        .rchunks(4)
        .rev()
        .map(|chunk| chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)))
        .collect();
    let mut chunks = Vec::new();
    let mut first = 0;
    while first < words.len() {
        let mut rest = 0;
        for word in &mut words[first..] {
            let value = rest << 32 | u64::from(*word);
            *word = (value / CHUNK) as u32;
            rest = value % CHUNK;
        }
        chunks.push(rest);
        first += words[first..].iter().take_while(|word| **word == 0).count();
    }
    let mut text = String::from(if negative { "-" } else { "" });
    let mut chunks = chunks.into_iter().rev().skip_while(|chunk| *chunk == 0);
    text += &chunks.next().unwrap_or(0).to_string();
    chunks.for_each(|chunk| text += &format!("{chunk:09}"));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_with_offset() {
        let bits = |micros: u64, offset: i64| micros << 24 | (MAX_OFFSET - offset) as u64;
        assert_eq!(time_tz(bits(3_600_000_000 + 500_000, 0)), "01:00:00.5+00");
        assert_eq!(time_tz(bits(0, -5400)), "00:00:00-01:30");
        assert_eq!(time_tz(bits(86_400_000_000, 57_599)), "24:00:00+15:59:59");
        assert_eq!(time_tz(u64::MAX).len(), time_tz(u64::MAX).chars().count());
    }

    #[test]
    fn bits() {
        assert_eq!(bit(&[3, 0b1110_1010]).unwrap(), "01010");
        assert_eq!(bit(&[0, 1, 0x80]).unwrap(), "0000000110000000");
        assert!(bit(&[8, 1]).is_err());
        assert!(bit(&[]).is_err());
    }

    #[test]
    fn big_numbers() {
        assert_eq!(bignum(&[0x80, 0, 1, 0]).unwrap(), "0");
        assert_eq!(bignum(&[0x7f, 0xff, 0xfd, 0xfe, 0xd3]).unwrap(), "-300");
        assert!(bignum(&[0x80, 0, 0]).is_err());
    }

    proptest! {
        #[test]
        fn big_numbers_print(value: i128) {
            let mut bytes = vec![0x80, 0, 16];
            bytes.extend(value.unsigned_abs().to_be_bytes());
            if value < 0 {
                bytes.iter_mut().for_each(|byte| *byte = !*byte);
            }
            prop_assert_eq!(bignum(&bytes).unwrap(), value.to_string());
        }
    }
}
