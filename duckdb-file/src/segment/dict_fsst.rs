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

#[derive(Debug)]
pub(super) struct Encoded {
    region: Region,
    /// Where the entries are.
    text: Bytes,
    entries: Vec<Part>,
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
        let mut entries = Vec::new();
        let (mut start, mut decoded, mut end) = (DICTIONARY, Vec::new(), 0);
        for length in unpack(&region.from(lengths_start)?, length_width.into(), count)? {
            let length = length as usize;
            let codes = region.slice(start, length)?;
            entries.push(match &symbols {
                Some(symbols) => {
                    let first = end;
                    end = symbols.decode(codes, &mut decoded, first)?;
                    Part { buffer: 0, start: first as u32, length: (end - first) as u32 }
                }
                None if mode == 0 || length == 0 => region.string(0, start, length)?,
                None => return Err(Error::corrupt("compressed strings without symbol table")),
            });
            start += length;
        }
        decoded.truncate(end);
        let text = if symbols.is_some() { decoded.into() } else { region.bytes().clone() };
        let indices = (mode != 2).then_some((indices_start, index_width.into()));
        Ok(Self { region, text, entries, indices, position: 0 })
    }
}

impl Decoder<Strings> for Encoded {
    fn piece(&mut self, out: &mut Strings) -> Result<()> {
        let rows = next_rows(self.region.rows, self.position);
        let buffer = out.buffer(&self.text)?;
        match self.indices {
            Some((start, width)) => {
                for index in packed_piece(&self.region, start, width, self.position, rows)? {
                    // Entry 0 stands for NULL.
                    let string = entry(&self.entries, index)?;
                    if index == 0 {
                        out.push_null();
                    } else {
                        out.push(Part { buffer, ..string });
                    }
                }
            }
            None => {
                for row in self.position..self.position + rows {
                    out.push(Part { buffer, ..entry(&self.entries, row as u64 + 1)? });
                }
            }
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
}
