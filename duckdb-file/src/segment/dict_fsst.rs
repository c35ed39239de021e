//! Dictionaries whose entries may be compressed with a symbol table.

use bytes::Bytes;

use super::Decoder;
use super::dictionary::{entry, packed_piece};
use super::fsst::Symbols;
use super::region::Region;
use super::uncompressed::next_rows;
use crate::bits::{packed_size, unpack};
use crate::error::{Error, NEWER, Result};
use crate::strings::{Part, Strings};

const DICTIONARY: usize = 16;

/// Dictionaries of fewer entries are decoded as a whole, whatever rows are needed.
const SMALL: usize = 256;

#[derive(Debug)]
pub(super) struct Encoded {
    region: Region,
    symbols: Option<Symbols>,
    /// Where each entry begins, and the last ends.
    starts: Vec<u32>,
    /// All entries, once they have been asked for: where they are, and which part of that each is.
    entries: Option<(Bytes, Vec<Part>)>,
    /// Where the packed numbers of entries are and their width; `None`: every row has the next entry.
    indices: Option<(usize, u32)>,
    position: usize,
}

impl Encoded {
    pub(super) fn new(region: Region) -> Result<Self> {
        let (size, count) = (region.size(0)?, region.size(4)?);
        let (mode, length_width, index_width) = (region.u8(8)?, region.u8(9)?, region.u8(10)?);
        let symbols_size = region.size(12)?;
        if mode > 2 {
            return Err(Error::unsupported(format!("string dictionaries of mode {mode}"), NEWER));
        }
        if length_width > 32 || count as u64 > region.rows.saturating_add(1) {
            return Err(Error::corrupt(format!("a dictionary of {count} entries for {} rows", region.rows)));
        }
        let symbols_start = align(DICTIONARY.saturating_add(size));
        let lengths_start = align(symbols_start.saturating_add(symbols_size));
        let indices_start = align(lengths_start.saturating_add(packed_size(length_width.into(), count)));
        let symbols = if mode == 0 { None } else { Symbols::read(&region, symbols_start)? };
        let mut starts = Vec::with_capacity(count + 1);
        let mut end = DICTIONARY as u32;
        starts.push(end);
        for length in unpack(&region.from(lengths_start)?, length_width.into(), count)? {
            let length = u32::try_from(length).ok();
            end =
                length.and_then(|length| end.checked_add(length)).ok_or_else(|| Error::corrupt("a long dictionary"))?;
            starts.push(end);
        }
        let length = end as usize - DICTIONARY;
        region.slice(DICTIONARY, length)?;
        if mode != 0 && symbols.is_none() && length > 0 {
            return Err(Error::corrupt("compressed strings without symbol table"));
        }
        let indices = (mode != 2).then_some((indices_start, index_width.into()));
        Ok(Self { region, symbols, starts, entries: None, indices, position: 0 })
    }

    /// The bytes of an entry as they are stored: their start and number.
    fn place(&self, index: u64) -> Result<(usize, usize)> {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let found = self.starts.get(at..).and_then(|starts| starts.first_chunk::<2>());
        let missing = || Error::corrupt(format!("dictionary entry {index} of {}", self.starts.len() - 1));
        found.map(|[start, end]| (*start as usize, (end - start) as usize)).ok_or_else(missing)
    }

    fn decode_all(&self) -> Result<(Bytes, Vec<Part>)> {
        let mut parts = Vec::with_capacity(self.starts.len());
        let (mut decoded, mut end) = (Vec::new(), 0);
        for places in self.starts.windows(2) {
            let (start, length) = (places[0] as usize, (places[1] - places[0]) as usize);
            parts.push(match &self.symbols {
                Some(symbols) => {
                    let first = end;
                    end = symbols.decode(self.region.slice(start, length)?, &mut decoded, first)?;
                    Part { buffer: 0, start: first as u32, length: (end - first) as u32 }
                }
                None => self.region.string(0, start, length)?,
            });
        }
        decoded.truncate(end);
        Ok((if self.symbols.is_some() { decoded.into() } else { self.region.bytes().clone() }, parts))
    }

    /// The entries of a piece's rows.
    fn numbers(&self, rows: usize) -> Result<Vec<u64>> {
        match self.indices {
            Some((start, width)) => packed_piece(&self.region, start, width, self.position, rows),
            None => Ok((self.position + 1..=self.position + rows).map(|row| row as u64).collect()),
        }
    }
}

impl Decoder<Strings> for Encoded {
    fn piece(&mut self, out: &mut Strings) -> Result<()> {
        let rows = next_rows(self.region.rows, self.position);
        let numbers = self.numbers(rows)?;
        let (text, entries) = match self.entries.take() {
            Some(entries) => entries,
            None => self.decode_all()?,
        };
        let buffer = out.buffer(&text)?;
        for index in numbers {
            let string = entry(&entries, index)?;
            // Entry 0 stands for NULL, where entries have numbers.
            if index == 0 {
                out.push_null();
            } else {
                out.push(Part { buffer, ..string });
            }
        }
        self.entries = Some((text, entries));
        self.position += rows;
        Ok(())
    }

    fn piece_of(&mut self, is_needed: &dyn Fn(usize) -> bool, out: &mut Strings) -> Result<()> {
        let Some(symbols) = self.symbols.as_ref().filter(|_| self.entries.is_none() && self.starts.len() > SMALL)
        else {
            return self.piece(out);
        };
        let rows = next_rows(self.region.rows, self.position);
        let (mut decoded, mut ends, mut end) = (Vec::new(), Vec::with_capacity(rows), 0);
        for (row, index) in self.numbers(rows)?.into_iter().enumerate() {
            if index != 0 && is_needed(row) {
                let (start, length) = self.place(index)?;
                end = symbols.decode(self.region.slice(start, length)?, &mut decoded, end)?;
            }
            ends.push((end, index == 0));
        }
        decoded.truncate(end);
        let buffer = out.buffer(&decoded.into())?;
        let mut start = 0;
        for (end, is_null) in ends {
            if is_null {
                out.push_null();
            } else {
                out.push(Part { buffer, start: start as u32, length: (end - start) as u32 });
            }
            start = end;
        }
        self.position += rows;
        Ok(())
    }
}

fn align(offset: usize) -> usize {
    offset.saturating_add(7) & !7
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::tests::pack;

    fn segment(mode: u8, dictionary: &[u8], lengths: &[u128], indices: &[u128]) -> Vec<u8> {
        let symbols = if mode == 0 { Vec::new() } else { super::super::fsst::tests::table() };
        let mut bytes = (dictionary.len() as u32).to_le_bytes().to_vec();
        bytes.extend((lengths.len() as u32).to_le_bytes());
        bytes.extend([mode, 4, 2, 0]);
        bytes.extend((symbols.len() as u32).to_le_bytes());
        for area in [dictionary.to_vec(), symbols, pack(lengths, 4), pack(indices, 2)] {
            bytes.extend(area);
            bytes.resize(align(bytes.len()), 0);
        }
        bytes
    }

    fn decode(bytes: Vec<u8>, rows: u64) -> Vec<Option<String>> {
        let mut out = Strings::default();
        Encoded::new(Region::test(bytes, rows)).unwrap().piece(&mut out).unwrap();
        let text = |row: usize| (!out.is_null(row)).then(|| String::from_utf8(out.get(row).to_vec()).unwrap());
        (0..out.len()).map(text).collect()
    }

    #[test]
    fn every_mode() {
        let text = |text: &str| Some(text.to_string());
        let plain = segment(0, b"onetwo", &[0, 3, 3], &[1, 0, 2]);
        assert_eq!(decode(plain, 3), [text("one"), None, text("two")]);
        let compressed = segment(1, &[0, 1, 2], &[0, 2, 1], &[2, 1, 0]);
        assert_eq!(decode(compressed, 3), [text("c"), text("abxyz"), None]);
        let all_different = segment(2, &[0, 1, 2], &[0, 2, 1], &[]);
        assert_eq!(decode(all_different, 2), [text("abxyz"), text("c")]);
    }

    #[test]
    fn rows_that_are_not_needed() {
        let count = 300_u128;
        let codes: Vec<u8> = (0..count).map(|i| (i % 3) as u8).collect();
        let mut lengths = vec![0_u128];
        lengths.extend((0..count).map(|_| 1));
        let bytes = segment(2, &codes, &lengths, &[]);
        let whole = decode(bytes.clone(), 300);
        let mut out = Strings::default();
        let mut decoder = Encoded::new(Region::test(bytes, 300)).unwrap();
        decoder.piece_of(&|row| row % 7 == 0, &mut out).unwrap();
        for row in (0..out.len()).step_by(7) {
            assert_eq!(Some(String::from_utf8(out.get(row).to_vec()).unwrap()), whole[row]);
        }
        assert_eq!(out.get(1), b"");
    }
}
