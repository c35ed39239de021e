//! The same value in all rows.

use super::uncompressed::next_rows;
use super::{Decoder, Validity};
use crate::error::Result;
use crate::storage::Segment;
use crate::types::Fixed;

#[derive(Debug)]
pub(super) struct Values {
    value: Vec<u8>,
    rows: u64,
    position: usize,
}

impl Values {
    pub(super) fn new(segment: &Segment, fixed: Fixed) -> Self {
        // Without a bound all rows are NULL.
        let value = segment.statistics.min.unwrap_or_default()[..fixed.width()].to_vec();
        Self { value, rows: segment.rows, position: 0 }
    }
}

impl Decoder<Vec<u8>> for Values {
    fn piece(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let rows = next_rows(self.rows, self.position);
        out.extend_from_slice(&self.value.repeat(rows));
        self.position += rows;
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Validities {
    value: Validity,
    rows: u64,
    position: usize,
}

impl Validities {
    pub(super) fn new(segment: &Segment) -> Self {
        let value = if segment.statistics.has_null { Validity::Null } else { Validity::Valid };
        Self { value, rows: segment.rows, position: 0 }
    }

    pub(super) fn in_data(segment: &Segment) -> Self {
        Self { value: Validity::InData, rows: segment.rows, position: 0 }
    }
}

impl Decoder<Vec<Validity>> for Validities {
    fn piece(&mut self, out: &mut Vec<Validity>) -> Result<()> {
        let rows = next_rows(self.rows, self.position);
        out.extend(std::iter::repeat_n(self.value, rows));
        self.position += rows;
        Ok(())
    }
}
