//! Dictionaries whose entries may be compressed with a symbol table.

use bytes::Bytes;

use super::Decoder;
use super::dictionary::packed_piece;
use super::fsst::Symbols;
use super::region::Region;
use super::uncompressed::next_rows;
use crate::bits::{packed_size, unpack};
use crate::error::{Error, NEWER, Result};

const DICTIONARY: usize = 16;

#[derive(Debug)]
pub(super) struct Strings {
    region: Region,
    /// Where each entry begins, and the last ends.
    starts: Vec<usize>,
    symbols: Option<Symbols>,
    /// Entries that were decoded, where several rows may have one.
    entries: Vec<Option<Bytes>>,
    /// Where the packed numbers of entries are and their width; `None`: every row has the next entry.
    indices: Option<(usize, u32)>,
    position: usize,
}

impl Strings {
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
        let mut start = DICTIONARY;
        starts.push(start);
        for length in unpack(&region.from(lengths_start)?, length_width.into(), count)? {
            start = start.saturating_add(length as usize);
            starts.push(start);
        }
        region.part(DICTIONARY, start - DICTIONARY)?;
        if mode != 0 && symbols.is_none() && start > DICTIONARY {
            return Err(Error::corrupt("compressed strings without symbol table"));
        }
        let indices = (mode != 2).then_some((indices_start, index_width.into()));
        let entries = if indices.is_some() { vec![None; count] } else { Vec::new() };
        Ok(Self { region, starts, symbols, entries, indices, position: 0 })
    }

    fn entry(&self, index: usize) -> Result<Bytes> {
        let Some([start, end]) = self.starts.get(index..).and_then(|starts| starts.first_chunk::<2>()) else {
            return Err(Error::corrupt(format!("dictionary entry {index} of {}", self.starts.len() - 1)));
        };
        let bytes = self.region.part(*start, end - start)?;
        match &self.symbols {
            Some(symbols) => symbols.decode(&bytes),
            None => Ok(bytes),
        }
    }

    /// An entry that other rows may have too.
    fn shared_entry(&mut self, index: u64) -> Result<Bytes> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(Some(known)) = self.entries.get(index) {
            return Ok(known.clone());
        }
        let entry = self.entry(index)?;
        if let Some(place) = self.entries.get_mut(index) {
            *place = Some(entry.clone());
        }
        Ok(entry)
    }
}

impl Decoder<Option<Bytes>> for Strings {
    fn piece(&mut self, out: &mut Vec<Option<Bytes>>) -> Result<()> {
        self.piece_of(&|_| true, out)
    }

    fn piece_of(&mut self, wanted: &dyn Fn(usize) -> bool, out: &mut Vec<Option<Bytes>>) -> Result<()> {
        let rows = next_rows(self.region.rows, self.position);
        match self.indices {
            Some((start, width)) => {
                let indices = packed_piece(&self.region, start, width, self.position, rows)?;
                for (row, index) in indices.into_iter().enumerate() {
                    // Entry 0 stands for NULL.
                    let is_string = index != 0 && wanted(row);
                    out.push(if is_string { Some(self.shared_entry(index)?) } else { None });
                }
            }
            None => {
                for row in 0..rows {
                    out.push(if wanted(row) { Some(self.entry(self.position + row + 1)?) } else { None });
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

    fn decode(bytes: Vec<u8>, rows: u64) -> Vec<Option<Bytes>> {
        let mut out = Vec::new();
        Strings::new(Region::test(bytes, rows)).unwrap().piece(&mut out).unwrap();
        out
    }

    #[test]
    fn every_mode() {
        let text = |text: &'static str| Some(Bytes::from(text));
        let plain = segment(0, b"onetwo", &[0, 3, 3], &[1, 0, 2]);
        assert_eq!(decode(plain, 3), [text("one"), None, text("two")]);
        let compressed = segment(1, &[0, 1, 2], &[0, 2, 1], &[2, 1, 0]);
        assert_eq!(decode(compressed, 3), [text("c"), text("abxyz"), None]);
        let all_different = segment(2, &[0, 1, 2], &[0, 2, 1], &[]);
        assert_eq!(decode(all_different, 2), [text("abxyz"), text("c")]);
    }
}
