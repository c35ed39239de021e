//! Strings of symbols that stand for up to 8 bytes each (Fast Static Symbol Table).

use bytes::Bytes;

use super::Decoder;
use super::dictionary::packed_piece;
use super::region::Region;
use super::uncompressed::next_rows;
use crate::error::{Error, Result};

const VERSION: u64 = 20_190_218;
const ESCAPE: u8 = 255;
const PACKED: usize = 16;

/// What each code stands for.
#[derive(Debug)]
pub(super) struct Symbols(Vec<Bytes>);

impl Symbols {
    /// Reads a table; `None` if there is none, because nothing is compressed with it.
    pub(super) fn read(region: &Region, start: usize) -> Result<Option<Self>> {
        let bytes = region.from(start)?;
        let Some((version, rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
        if u64::from_le_bytes(*version) >> 32 != VERSION {
            return Ok(None);
        }
        let Some(([terminated, counts @ ..], _)) = rest.split_first_chunk::<9>() else {
            return Err(Error::corrupt("a symbol table is cut"));
        };
        let (mut symbols, mut position, mut counts) = (Vec::new(), 17, *counts);
        if terminated & 1 == 1 {
            symbols.push(Bytes::from_static(&[0]));
            counts[0] = counts[0].saturating_sub(1);
        }
        for length in [2, 3, 4, 5, 6, 7, 8, 1] {
            for _ in 0..counts[length - 1] {
                let end = position + length;
                if end > bytes.len() {
                    return Err(Error::corrupt("a symbol table is cut"));
                }
                symbols.push(bytes.slice(position..end));
                position = end;
            }
        }
        Ok(Some(Self(symbols)))
    }

    fn decoded_length(&self, codes: &[u8]) -> usize {
        let mut codes = codes.iter();
        let mut length = 0;
        while let Some(code) = codes.next() {
            length += if *code == ESCAPE {
                codes.next();
                1
            } else {
                self.0.get(usize::from(*code)).map_or(0, Bytes::len)
            };
        }
        length
    }

    pub(super) fn decode(&self, codes: &[u8]) -> Result<Bytes> {
        // Bytes of just their length need no further allocation.
        let mut decoded = Vec::with_capacity(self.decoded_length(codes));
        let mut codes = codes.iter();
        while let Some(code) = codes.next() {
            if *code == ESCAPE {
                decoded.push(*codes.next().ok_or_else(|| Error::corrupt("a compressed string ends in an escape"))?);
            } else {
                let symbol = self.0.get(usize::from(*code)).ok_or_else(|| Error::corrupt("an unknown symbol"))?;
                decoded.extend_from_slice(symbol);
            }
        }
        Ok(decoded.into())
    }
}

#[derive(Debug)]
pub(super) struct Strings {
    region: Region,
    symbols: Option<Symbols>,
    end: usize,
    width: u32,
    position: usize,
    /// Distance from `end` of the row before.
    last: usize,
}

impl Strings {
    pub(super) fn new(region: Region) -> Result<Self> {
        let (end, width, table) = (region.size(4)?, region.u32(8)?, region.size(12)?);
        let symbols = Symbols::read(&region, table)?;
        Ok(Self { region, symbols, end, width, position: 0, last: 0 })
    }
}

impl Decoder<Option<Bytes>> for Strings {
    fn piece(&mut self, out: &mut Vec<Option<Bytes>>) -> Result<()> {
        let rows = next_rows(self.region.rows, self.position);
        for length in packed_piece(&self.region, PACKED, self.width, self.position, rows)? {
            let length = length as usize;
            self.last += length;
            let start = self.end.checked_sub(self.last);
            let start = start.ok_or_else(|| Error::corrupt("a compressed string is out of range"))?;
            let codes = self.region.part(start, length)?;
            out.push(Some(match &self.symbols {
                _ if length == 0 => Bytes::new(),
                Some(symbols) => symbols.decode(&codes)?,
                None => return Err(Error::corrupt("compressed strings without symbol table")),
            }));
        }
        self.position += rows;
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The symbols `ab`, `xyz` and `c`.
    pub(in crate::segment) fn table() -> Vec<u8> {
        let counts = [1, 1, 1, 0, 0, 0, 0, 0];
        [&(VERSION << 32).to_le_bytes()[..], &[0], &counts, b"abxyzc"].concat()
    }

    #[test]
    fn codes_are_numbered_from_length_two() {
        let symbols = Symbols::read(&Region::test(table(), 0), 0).unwrap().unwrap();
        assert_eq!(symbols.decode(&[0, 1, 2, ESCAPE, b'!']).unwrap().as_ref(), b"abxyzc!");
        assert!(symbols.decode(&[3]).is_err());
        assert!(symbols.decode(&[ESCAPE]).is_err());
    }

    #[test]
    fn no_table() {
        assert!(Symbols::read(&Region::test(vec![0; 100], 0), 0).unwrap().is_none());
        assert!(Symbols::read(&Region::test(table()[..18].to_vec(), 0), 0).is_err());
    }
}
