//! Strings as numbers of entries of a dictionary.

use bytes::Bytes;

use super::Decoder;
use super::region::Region;
use super::uncompressed::next_rows;
use crate::bits::unpack;
use crate::error::{Error, Result};

const PACKED: usize = 20;

#[derive(Debug)]
pub(super) struct Strings {
    region: Region,
    entries: Vec<Bytes>,
    width: u32,
    position: usize,
}

impl Strings {
    pub(super) fn new(region: Region) -> Result<Self> {
        let (end, index, count) = (region.size(4)?, region.size(8)?, region.size(12)?);
        let width = region.u32(16)?;
        let distances = region.part(index, count.saturating_mul(4))?;
        let (mut entries, mut last) = (Vec::with_capacity(count), 0);
        for distance in distances.as_chunks::<4>().0 {
            let distance = u32::from_le_bytes(*distance) as usize;
            let (Some(length), Some(start)) = (distance.checked_sub(last), end.checked_sub(distance)) else {
                return Err(Error::corrupt("a dictionary entry is out of range"));
            };
            entries.push(region.part(start, length)?);
            last = distance;
        }
        Ok(Self { region, entries, width, position: 0 })
    }
}

impl Decoder<Option<Bytes>> for Strings {
    fn piece(&mut self, out: &mut Vec<Option<Bytes>>) -> Result<()> {
        let rows = next_rows(self.region.rows, self.position);
        for index in packed_piece(&self.region, PACKED, self.width, self.position, rows)? {
            out.push(Some(entry(&self.entries, index)?.clone()));
        }
        self.position += rows;
        Ok(())
    }
}

fn entry(entries: &[Bytes], index: u64) -> Result<&Bytes> {
    let found = usize::try_from(index).ok().and_then(|index| entries.get(index));
    found.ok_or_else(|| Error::corrupt(format!("dictionary entry {index} of {}", entries.len())))
}

/// The packed numbers of a piece's rows; pieces begin at multiples of 32.
pub(super) fn packed_piece(
    region: &Region,
    start: usize,
    width: u32,
    position: usize,
    rows: usize,
) -> Result<Vec<u64>> {
    if width > 32 {
        return Err(Error::corrupt(format!("numbers of strings packed to {width} bits")));
    }
    unpack(&region.from(start.saturating_add(position / 8 * width as usize))?, width, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::tests::pack;

    #[test]
    fn entries_grow_downwards() {
        let packed = pack(&[1, 0, 2, 1], 2);
        let (index, strings) = (PACKED + packed.len(), b"xyzab");
        let end = index + 12 + strings.len();
        let header = [strings.len(), end, index, 3, 2].map(|field| (field as u32).to_le_bytes()).concat();
        let distances = [0_u32, 2, 5].map(u32::to_le_bytes).concat();
        let region = Region::test([header, packed, distances, strings.to_vec()].concat(), 4);
        let mut out = Vec::new();
        Strings::new(region).unwrap().piece(&mut out).unwrap();
        let expected = ["ab", "", "xyz", "ab"].map(|text| Some(Bytes::from(text)));
        assert_eq!(out, expected);
    }
}
