//! Strings of symbols that stand for up to 8 bytes each (Fast Static Symbol Table).

use bytes::Bytes;

use super::Decoder;
use super::dictionary::packed_piece;
use super::region::Region;
use super::uncompressed::next_rows;
use crate::error::{Error, Result};
use crate::strings::{Part, Strings};

const VERSION: u64 = 20_190_218;
const ESCAPE: u8 = 255;
const PACKED: usize = 16;

/// What each code stands for.
#[derive(Debug)]
pub(super) struct Symbols {
    /// Bytes of each symbol, and how many they are; 0 for codes without one.
    symbols: Box<[([u8; LONGEST], u8); 256]>,
}

/// Bytes of a symbol, at most.
const LONGEST: usize = 8;

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
        let (mut symbols, mut position, mut counts) = (Box::new([([0; LONGEST], 0); 256]), 17, *counts);
        let mut code = 0;
        let mut add = |symbol: &[u8]| {
            // Code 255 is not a symbol's.
            if let Some((bytes, length)) = symbols.get_mut(code) {
                bytes[..symbol.len()].copy_from_slice(symbol);
                *length = symbol.len() as u8;
            }
            code += 1;
        };
        if terminated & 1 == 1 {
            add(&[0]);
            counts[0] = counts[0].saturating_sub(1);
        }
        for length in [2, 3, 4, 5, 6, 7, 8, 1] {
            for _ in 0..counts[length - 1] {
                let end = position + length;
                add(bytes.get(position..end).ok_or_else(|| Error::corrupt("a symbol table is cut"))?);
                position = end;
            }
        }
        Ok(Some(Self { symbols }))
    }

    /// Decodes a string to `position` of `out`, which grows where it is too short; gives the string's end.
    pub(super) fn decode(&self, codes: &[u8], out: &mut Vec<u8>, position: usize) -> Result<usize> {
        let room = position + codes.len() * LONGEST;
        if out.len() < room {
            out.resize(room, 0);
        }
        let mut end = position;
        let mut codes = codes.iter();
        while let Some(code) = codes.next() {
            if *code == ESCAPE {
                out[end] = *codes.next().ok_or_else(|| Error::corrupt("a compressed string ends in an escape"))?;
                end += 1;
                continue;
            }
            let (symbol, length) = &self.symbols[usize::from(*code)];
            if *length == 0 {
                return Err(Error::corrupt("an unknown symbol"));
            }
            // All eight bytes at once; the next symbol overwrites what is too much.
            out[end..end + LONGEST].copy_from_slice(symbol);
            end += usize::from(*length);
        }
        Ok(end)
    }
}

#[derive(Debug)]
pub(super) struct Encoded {
    region: Region,
    symbols: Option<Symbols>,
    end: usize,
    width: u32,
    position: usize,
    /// Distance from `end` of the row before.
    last: usize,
    /// What a piece is decoded in.
    scratch: Vec<u8>,
}

impl Encoded {
    pub(super) fn new(region: Region) -> Result<Self> {
        let (end, width, table) = (region.size(4)?, region.u32(8)?, region.size(12)?);
        let symbols = Symbols::read(&region, table)?;
        Ok(Self { region, symbols, end, width, position: 0, last: 0, scratch: Vec::new() })
    }
}

impl Decoder<Strings> for Encoded {
    fn piece(&mut self, out: &mut Strings) -> Result<()> {
        self.piece_of(&|_| true, out)
    }

    fn piece_of(&mut self, is_needed: &dyn Fn(usize) -> bool, out: &mut Strings) -> Result<()> {
        let rows = next_rows(self.region.rows, self.position);
        let lengths = packed_piece(&self.region, PACKED, self.width, self.position, rows)?;
        let (mut ends, mut end) = (Vec::with_capacity(rows), 0);
        for (row, length) in lengths.into_iter().enumerate() {
            let length = length as usize;
            self.last += length;
            if !is_needed(row) {
                ends.push(end);
                continue;
            }
            let start = self.end.checked_sub(self.last);
            let start = start.ok_or_else(|| Error::corrupt("a compressed string is out of range"))?;
            let codes = self.region.slice(start, length)?;
            end = match &self.symbols {
                _ if length == 0 => end,
                Some(symbols) => symbols.decode(codes, &mut self.scratch, end)?,
                None => return Err(Error::corrupt("compressed strings without symbol table")),
            };
            ends.push(end);
        }
        let buffer = out.buffer(&Bytes::copy_from_slice(&self.scratch[..end]))?;
        let mut start = 0;
        for end in ends {
            out.push(Part { buffer, start: start as u32, length: (end - start) as u32 });
            start = end;
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
        let mut out = Vec::new();
        let end = symbols.decode(&[0, 1, 2, ESCAPE, b'!'], &mut out, 0).unwrap();
        assert_eq!(&out[..end], b"abxyzc!");
        assert!(symbols.decode(&[3], &mut out, 0).is_err());
        assert!(symbols.decode(&[ESCAPE], &mut out, 0).is_err());
    }

    #[test]
    fn no_table() {
        assert!(Symbols::read(&Region::test(vec![0; 100], 0), 0).unwrap().is_none());
        assert!(Symbols::read(&Region::test(table()[..18].to_vec(), 0), 0).is_err());
    }
}
