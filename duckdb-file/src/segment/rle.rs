//! Runs of equal values.

use super::Decoder;
use super::region::Region;
use super::uncompressed::next_rows;
use crate::error::Result;
use crate::types::Fixed;

const VALUES: usize = 8;

#[derive(Debug)]
pub(super) struct Runs {
    region: Region,
    width: usize,
    counts: usize,
    run: usize,
    /// Rows of the current run that were returned.
    used: usize,
    position: usize,
}

impl Runs {
    pub(super) fn new(region: Region, fixed: Fixed) -> Result<Self> {
        let counts = usize::try_from(region.u64(0)?).unwrap_or(usize::MAX);
        Ok(Self { region, width: fixed.width(), counts, run: 0, used: 0, position: 0 })
    }
}

impl Decoder<Vec<u8>> for Runs {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let mut left = next_rows(self.region.rows, self.position);
        self.position += left;
        while left > 0 {
            // Both are outside of the block sooner or later, so that runs of no rows come to an end.
            let value = self.region.part(VALUES + self.run * self.width, self.width)?;
            let count = usize::from(self.region.u16(self.counts.saturating_add(self.run * 2))?);
            let rows = (count.saturating_sub(self.used)).min(left);
            out.extend_from_slice(&value.repeat(rows));
            left -= rows;
            self.used += rows;
            if self.used >= count {
                self.run += 1;
                self.used = 0;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(runs: &[(u8, u16)]) -> Vec<u8> {
        let values: Vec<_> = runs.iter().map(|run| run.0).collect();
        let counts: Vec<_> = runs.iter().flat_map(|run| run.1.to_le_bytes()).collect();
        let start = VALUES + values.len();
        [&(start as u64).to_le_bytes()[..], &values, &counts].concat()
    }

    #[test]
    fn runs() {
        let region = Region::test(segment(&[(7, 3), (9, 0), (8, 2)]), 5);
        let mut out = Vec::new();
        Runs::new(region, Fixed::U8).unwrap().piece(&mut out).unwrap();
        assert_eq!(out, [7, 7, 7, 8, 8]);
    }

    #[test]
    fn empty_runs_end() {
        let region = Region::test(segment(&[(7, 0); 100]), 5);
        assert!(Runs::new(region, Fixed::U8).unwrap().piece(&mut Vec::new()).is_err());
        let region = Region::test(vec![0xff; 8], 5);
        assert!(Runs::new(region, Fixed::U8).unwrap().piece(&mut Vec::new()).is_err());
    }
}
