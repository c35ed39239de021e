//! Segments: consecutive rows of a column, compressed in one way.

mod alp;
mod alprd;
mod bitpacking;
mod chimp;
mod constant;
mod dict_fsst;
mod dictionary;
mod fsst;
mod patas;
mod region;
mod rle;
mod roaring;
mod uncompressed;
mod zstd;

use std::sync::Arc;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::error::{At, Error, NEWER, Result};
use crate::storage::Segment;
use crate::types::Fixed;
use region::Region;

/// Rows that a decoder returns at once, at most.
pub(crate) const PIECE: usize = 2048;

/// Whether a row is NULL, as a validity segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    Valid,
    Null,
    /// The data segment of the same row says so.
    InData,
}

/// Decodes the rows of a segment one piece after another.
pub(crate) trait Decoder<T> {
    /// Appends the next rows of a segment that has more: at least one, at most [`PIECE`].
    fn piece(&mut self, out: &mut Vec<T>) -> Result<()>;

    /// As [`Decoder::piece`], where the values of rows of the piece that are not wanted may be any.
    fn piece_of(&mut self, wanted: &dyn Fn(usize) -> bool, out: &mut Vec<T>) -> Result<()> {
        let _ = wanted;
        self.piece(out)
    }
}

pub(crate) type Boxed<T> = Box<dyn Decoder<T> + Send>;

/// A value that a decoder makes.
pub(crate) trait Item: Sized + Clone {
    /// Says how values are decoded.
    type Layout: Copy + Send;

    fn decoder(blocks: &Arc<Blocks>, segment: &Segment, layout: Self::Layout) -> Result<Boxed<Self>>;

    /// Items that make up a row.
    fn per_row(layout: Self::Layout) -> usize;
}

/// Bytes of values of a fixed width.
impl Item for u8 {
    type Layout = Fixed;

    fn decoder(blocks: &Arc<Blocks>, segment: &Segment, fixed: Fixed) -> Result<Boxed<Self>> {
        let region = || Region::of(blocks, segment);
        Ok(match segment.compression {
            1 => Box::new(uncompressed::Values::new(region()?, fixed)),
            2 => Box::new(constant::Values::new(segment, fixed)),
            3 => Box::new(rle::Runs::new(region()?, fixed)?),
            6 => Box::new(bitpacking::Groups::new(region()?, fixed)?),
            8 => Box::new(chimp::Groups::new(region()?, fixed)?),
            9 => Box::new(patas::Groups::new(region()?, fixed)?),
            10 => Box::new(alp::Groups::new(region()?, fixed)?),
            11 => Box::new(alprd::Groups::new(region()?, fixed)?),
            13 if fixed == Fixed::Bool => Box::new(roaring::Booleans::new(region()?)?),
            other => return Err(unknown(other, "numbers")),
        })
    }

    fn per_row(fixed: Fixed) -> usize {
        fixed.width()
    }
}

/// Strings; `None` where the string's segment tells that it is NULL.
impl Item for Option<Bytes> {
    type Layout = ();

    fn decoder(blocks: &Arc<Blocks>, segment: &Segment, (): ()) -> Result<Boxed<Self>> {
        let region = Region::of(blocks, segment)?;
        Ok(match segment.compression {
            1 => Box::new(uncompressed::Strings::new(region, blocks)?),
            4 => Box::new(dictionary::Strings::new(region)?),
            7 => Box::new(fsst::Strings::new(region)?),
            12 => Box::new(zstd::Strings::new(region, blocks)?),
            15 => Box::new(dict_fsst::Strings::new(region)?),
            other => return Err(unknown(other, "strings")),
        })
    }

    fn per_row((): ()) -> usize {
        1
    }
}

impl Item for Validity {
    type Layout = ();

    fn decoder(blocks: &Arc<Blocks>, segment: &Segment, (): ()) -> Result<Boxed<Self>> {
        Ok(match segment.compression {
            1 => Box::new(uncompressed::Bits::new(Region::of(blocks, segment)?)),
            2 => Box::new(constant::Validities::new(segment)),
            13 => Box::new(roaring::Validities::new(Region::of(blocks, segment)?)?),
            14 => Box::new(constant::Validities::in_data(segment)),
            other => return Err(unknown(other, "validity")),
        })
    }

    fn per_row((): ()) -> usize {
        1
    }
}

fn unknown(compression: u64, of: &str) -> Error {
    Error::unsupported(format!("compression {compression} of {of}"), NEWER)
}

/// Reads the rows of consecutive segments, as many at a time as are asked for.
pub(crate) struct Segments<T: Item> {
    blocks: Arc<Blocks>,
    layout: T::Layout,
    rest: std::vec::IntoIter<Segment>,
    /// The decoder of the current segment and the rows it has left.
    current: Option<(Boxed<T>, u64)>,
    /// Items that were decoded but not asked for yet, from `used` on.
    buffer: Vec<T>,
    used: usize,
}

impl<T: Item> Segments<T> {
    pub(crate) fn new(blocks: &Arc<Blocks>, segments: Vec<Segment>, layout: T::Layout) -> Self {
        let (rest, buffer) = (segments.into_iter(), Vec::new());
        Self { blocks: blocks.clone(), layout, rest, current: None, buffer, used: 0 }
    }

    /// The items of the next rows.
    pub(crate) fn next(&mut self, rows: usize) -> Result<Vec<T>> {
        self.next_of(rows, &|_| true)
    }

    /// As [`Segments::next`], where the items of rows that are not needed may be any.
    pub(crate) fn next_of(&mut self, rows: usize, is_needed: &dyn Fn(usize) -> bool) -> Result<Vec<T>> {
        let per_row = T::per_row(self.layout);
        let wanted = rows * per_row;
        let mut out = Vec::with_capacity(wanted.min(1 << 20));
        loop {
            let available = &self.buffer[self.used..];
            let taken = available.len().min(wanted - out.len());
            out.extend_from_slice(&available[..taken]);
            self.used += taken;
            if out.len() == wanted {
                return Ok(out);
            }
            self.buffer.clear();
            self.used = 0;
            // Rows of the piece beyond those asked for now stay in the buffer.
            let first = out.len() / per_row;
            self.refill(&|row| first + row >= rows || is_needed(first + row))?;
        }
    }

    /// Decodes one piece.
    fn refill(&mut self, wanted: &dyn Fn(usize) -> bool) -> Result<()> {
        let (mut decoder, left) = loop {
            match self.current.take() {
                Some((decoder, left)) if left > 0 => break (decoder, left),
                _ => {
                    let segment = self.rest.next().ok_or_else(|| Error::corrupt("segments end before the rows do"))?;
                    self.current = Some((T::decoder(&self.blocks, &segment, self.layout)?, segment.rows));
                }
            }
        };
        decoder.piece_of(wanted, &mut self.buffer)?;
        let per_row = T::per_row(self.layout);
        let decoded = (self.buffer.len() / per_row) as u64;
        if decoded == 0 {
            return Err(Error::corrupt("a segment ends before its rows do"));
        }
        // Groups of values may be longer than the segment.
        let decoded = decoded.min(left);
        self.buffer.truncate(decoded as usize * per_row);
        self.current = Some((decoder, left - decoded));
        Ok(())
    }
}

/// Whether the segments have that many rows together.
pub(crate) fn check_rows(segments: &[Segment], rows: u64, what: &str) -> Result<()> {
    let sum = segments.iter().try_fold(0_u64, |sum, segment| sum.checked_add(segment.rows));
    if sum == Some(rows) {
        return Ok(());
    }
    let sum = sum.map_or("too many".to_string(), |sum| sum.to_string());
    Err(Error::corrupt(format!("{sum} rows in the segments of {rows} rows"))).at(|| what.to_string())
}
