//! Bits in containers of 2048 rows: as runs, as positions or as they are.

use super::region::Region;
use super::{Decoder, PIECE, Validity};
use crate::bits::{packed_size, unpack};
use crate::error::{Error, Result};

/// Offsets count from behind the first word.
const BASE: usize = 8;
const RUN_BITS: u32 = 7;
const BITSET: u8 = 249;
/// Fewer runs, and fewer positions, are kept in full.
const SHORT_RUNS: u64 = 4;
const SHORT_POSITIONS: u8 = 8;
/// Positions above 255 are kept as their low byte and how many there are for each high byte.
const HIGHS: usize = 8;

/// How the rows of a container are kept.
#[derive(Clone, Copy, Debug)]
enum Container {
    /// Runs of zeros among ones.
    Runs(u64),
    /// Positions that differ from the rest, which are ones if `inverted`.
    Positions {
        count: u8,
        inverted: bool,
    },
    Bits,
}

#[derive(Debug)]
struct Containers {
    region: Region,
    rest: std::vec::IntoIter<Container>,
    position: usize,
    done: u64,
}

impl Containers {
    fn new(region: Region) -> Result<Self> {
        let metadata = usize::try_from(region.u64(0)?).unwrap_or(usize::MAX).saturating_add(BASE);
        let count = usize::try_from(region.rows.div_ceil(PIECE as u64)).unwrap_or(usize::MAX);
        // Each takes two bits.
        if count > region.len().saturating_mul(4) {
            return Err(Error::corrupt("more containers than a block can describe"));
        }
        let types = unpack(&region.from(metadata)?, 2, count)?;
        let runs = types.iter().filter(|kind| **kind & 2 != 0).count();
        let run_start = metadata + packed_size(2, count);
        let mut run_counts = unpack(&region.from(run_start)?, RUN_BITS, runs)?.into_iter();
        let cardinalities = region.part(run_start + packed_size(RUN_BITS, runs), count - runs)?;
        let mut cardinalities = cardinalities.iter().copied();
        let containers: Vec<_> = types
            .into_iter()
            .map(|kind| match kind {
                2.. => Container::Runs(run_counts.next().unwrap_or_default()),
                kind => match cardinalities.next().unwrap_or_default() {
                    BITSET => Container::Bits,
                    count => Container::Positions { count, inverted: kind & 1 == 1 },
                },
            })
            .collect();
        Ok(Self { region, rest: containers.into_iter(), position: BASE, done: 0 })
    }

    /// The bits of the next container's rows.
    fn next(&mut self) -> Result<Vec<bool>> {
        let container = self.rest.next().ok_or_else(|| Error::corrupt("there are too few containers"))?;
        let rows = self.region.rows.saturating_sub(self.done).min(PIECE as u64) as usize;
        self.done += rows as u64;
        let mut bits = match container {
            Container::Runs(count) => self.runs(count)?,
            Container::Positions { count, inverted } => {
                let mut bits = vec![inverted; PIECE];
                for position in self.positions(count)? {
                    *bits.get_mut(position).ok_or_else(out_of_range)? = !inverted;
                }
                bits
            }
            Container::Bits => self.bits()?,
        };
        bits.truncate(rows);
        Ok(bits)
    }

    fn runs(&mut self, count: u64) -> Result<Vec<bool>> {
        let mut bits = vec![true; PIECE];
        let mut clear = |start: usize, end: usize| {
            let end = end.min(PIECE);
            bits.get_mut(start.min(end)..end).ok_or_else(out_of_range).map(|run| run.fill(false))
        };
        if count < SHORT_RUNS {
            self.align(4);
            for _ in 0..count {
                let (start, length) = (self.region.u16(self.position)?, self.region.u16(self.position + 2)?);
                self.position += 4;
                clear(start.into(), usize::from(start) + usize::from(length) + 1)?;
            }
        } else {
            for run in self.split(2 * count as usize)?.as_chunks::<2>().0 {
                clear(run[0], run[1])?;
            }
        }
        Ok(bits)
    }

    fn positions(&mut self, count: u8) -> Result<Vec<usize>> {
        if count >= SHORT_POSITIONS {
            return self.split(count.into());
        }
        self.align(2);
        let bytes = self.region.part(self.position, 2 * usize::from(count))?;
        self.position += bytes.len();
        Ok(bytes.as_chunks::<2>().0.iter().map(|position| u16::from_le_bytes(*position).into()).collect())
    }

    /// Ascending numbers as counts of high bytes and low bytes.
    fn split(&mut self, count: usize) -> Result<Vec<usize>> {
        let counts = self.region.part(self.position, HIGHS)?;
        let lows = self.region.part(self.position + HIGHS, count)?;
        self.position += HIGHS + count;
        let highs = counts.iter().enumerate().flat_map(|(high, count)| std::iter::repeat_n(high, usize::from(*count)));
        // The end of the last run may be one past the last high byte.
        let highs = highs.chain(std::iter::repeat(HIGHS));
        Ok(highs.zip(lows.iter()).map(|(high, low)| high * 256 + usize::from(*low)).collect())
    }

    fn bits(&mut self) -> Result<Vec<bool>> {
        self.align(8);
        let rest = self.region.from(self.position)?;
        self.position += PIECE / 8;
        let byte = |at: usize| rest.get(at).copied().unwrap_or_default();
        Ok((0..PIECE).map(|at| byte(at / 8) >> (at % 8) & 1 == 1).collect())
    }

    fn align(&mut self, to: usize) {
        self.position = (self.position - BASE).next_multiple_of(to) + BASE;
    }
}

fn out_of_range() -> Error {
    Error::corrupt("a position in a container is out of range")
}

/// Which rows are valid.
#[derive(Debug)]
pub(super) struct Validities(Containers);

impl Validities {
    pub(super) fn new(region: Region) -> Result<Self> {
        Ok(Self(Containers::new(region)?))
    }
}

impl Decoder<Vec<Validity>> for Validities {
    fn piece(&mut self, out: &mut Vec<Validity>) -> Result<()> {
        out.extend(self.0.next()?.into_iter().map(|bit| if bit { Validity::Valid } else { Validity::Null }));
        Ok(())
    }
}

/// Values of a `BOOLEAN` column.
#[derive(Debug)]
pub(super) struct Booleans(Containers);

impl Booleans {
    pub(super) fn new(region: Region) -> Result<Self> {
        Ok(Self(Containers::new(region)?))
    }
}

impl Decoder<Vec<u8>> for Booleans {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        out.extend(self.0.next()?.into_iter().map(u8::from));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::tests::pack;

    fn decode(kinds: &[u128], runs: &[u128], cardinalities: &[u8], data: &[u8], rows: u64) -> Result<Vec<u8>> {
        let metadata = [pack(kinds, 2), pack(runs, 7), cardinalities.to_vec()].concat();
        let bytes = [&(data.len() as u64).to_le_bytes()[..], data, &metadata].concat();
        let (mut decoder, mut out) = (Booleans::new(Region::test(bytes, rows))?, Vec::new());
        while (out.len() as u64) < rows {
            decoder.piece(&mut out)?;
        }
        Ok(out)
    }

    fn zeros(bits: &[u8]) -> Vec<usize> {
        bits.iter().enumerate().filter(|(_, bit)| **bit == 0).map(|(at, _)| at).collect()
    }

    #[test]
    fn short_containers() {
        // Zeros from 3 to 5, and at 2047.
        let runs = [3_u16, 2, 2047, 0].map(u16::to_le_bytes).concat();
        assert_eq!(zeros(&decode(&[2], &[2], &[], &runs, 2048).unwrap()), [3, 4, 5, 2047]);
        let listed = [1_u16, 300].map(u16::to_le_bytes).concat();
        assert_eq!(zeros(&decode(&[1], &[], &[2], &listed, 400).unwrap()), [1, 300]);
        let ones = decode(&[0], &[], &[2], &listed, 400).unwrap();
        assert_eq!(ones.iter().map(|bit| usize::from(*bit)).sum::<usize>(), 2);
    }

    #[test]
    fn long_containers() {
        // Runs 0..2, 4..6, 300..302 and 2046..2048.
        let data = [4, 2, 0, 0, 0, 0, 0, 1, 0, 2, 4, 6, 44, 46, 254, 0];
        assert_eq!(zeros(&decode(&[2], &[4], &[], &data, 2048).unwrap()), [0, 1, 4, 5, 300, 301, 2046, 2047]);
        let data = [7, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(zeros(&decode(&[1], &[], &[8], &data, 300).unwrap()), [1, 2, 3, 4, 5, 6, 7, 264]);
        let mut data = vec![0xff; 256];
        data[1] = 0b1111_1101;
        assert_eq!(zeros(&decode(&[0], &[], &[BITSET], &data, 2048).unwrap()), [9]);
    }

    #[test]
    fn refused() {
        assert!(decode(&[1], &[], &[1], &3000_u16.to_le_bytes(), 400).is_err());
        assert!(decode(&[2], &[127], &[], &[0; 4], 400).is_err());
        assert!(decode(&[], &[], &[], &[], 1 << 40).is_err());
    }
}
