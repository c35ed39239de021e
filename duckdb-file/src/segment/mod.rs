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

use std::ops::Range;
use std::sync::Arc;

use crate::blocks::Blocks;
use crate::error::{At, Error, NEWER, Result};
use crate::storage::Segment;
use crate::strings::Strings;
use crate::types::Fixed;
use region::Region;

/// Rows that a decoder returns at once, at most.
pub(crate) const PIECE: usize = 2048;

/// Room that is made for items before they are found.
const MAX_ROOM: usize = 1 << 20;

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
    fn piece(&mut self, out: &mut T) -> Result<()>;

    /// As [`Decoder::piece`], where the items of rows that are not needed may be any. Rows count from that of the piece's
    /// first.
    fn piece_of(&mut self, is_needed: &dyn Fn(usize) -> bool, out: &mut T) -> Result<()> {
        let _ = is_needed;
        self.piece(out)
    }
}

pub(crate) type Boxed<T> = Box<dyn Decoder<T> + Send>;

/// What decoders append to.
pub(crate) trait Items: Default {
    /// Says how values are decoded.
    type Layout: Copy + Send;

    fn decoder(blocks: &Arc<Blocks>, segment: &Segment, layout: Self::Layout) -> Result<Boxed<Self>>;

    /// Items that make up a row.
    fn per_row(layout: Self::Layout) -> usize;

    /// Nothing yet, with room for that many.
    fn with_room(items: usize) -> Self;

    fn count(&self) -> usize;

    fn append(&mut self, other: &Self, items: Range<usize>) -> Result<()>;

    fn cut(&mut self, items: usize);
}

/// Bytes of values of a fixed width.
impl Items for Vec<u8> {
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

    fn with_room(items: usize) -> Self {
        Self::with_capacity(items.min(MAX_ROOM))
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn append(&mut self, other: &Self, items: Range<usize>) -> Result<()> {
        self.extend_from_slice(&other[items]);
        Ok(())
    }

    fn cut(&mut self, items: usize) {
        self.truncate(items);
    }
}

impl Items for Strings {
    type Layout = ();

    fn decoder(blocks: &Arc<Blocks>, segment: &Segment, (): ()) -> Result<Boxed<Self>> {
        let region = Region::of(blocks, segment)?;
        Ok(match segment.compression {
            1 => Box::new(uncompressed::Texts::new(region, blocks)?),
            4 => Box::new(dictionary::Encoded::new(region)?),
            7 => Box::new(fsst::Encoded::new(region)?),
            12 => Box::new(zstd::Compressed::new(region, blocks)?),
            15 => Box::new(dict_fsst::Encoded::new(region)?),
            other => return Err(unknown(other, "strings")),
        })
    }

    fn per_row((): ()) -> usize {
        1
    }

    fn with_room(items: usize) -> Self {
        Self::with_capacity(items.min(MAX_ROOM))
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn append(&mut self, other: &Self, items: Range<usize>) -> Result<()> {
        Self::append(self, other, items)
    }

    fn cut(&mut self, items: usize) {
        self.truncate(items);
    }
}

impl Items for Vec<Validity> {
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

    fn with_room(items: usize) -> Self {
        Self::with_capacity(items.min(MAX_ROOM))
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn append(&mut self, other: &Self, items: Range<usize>) -> Result<()> {
        self.extend_from_slice(&other[items]);
        Ok(())
    }

    fn cut(&mut self, items: usize) {
        self.truncate(items);
    }
}

fn unknown(compression: u64, of: &str) -> Error {
    Error::unsupported(format!("compression {compression} of {of}"), NEWER)
}

/// Reads the rows of consecutive segments, as many at a time as are asked for.
pub(crate) struct Segments<T: Items> {
    blocks: Arc<Blocks>,
    layout: T::Layout,
    rest: std::vec::IntoIter<Segment>,
    /// The decoder of the current segment and the rows it has left.
    current: Option<(Boxed<T>, u64)>,
    /// Items that were decoded but not asked for yet, from `used` on.
    buffer: T,
    used: usize,
}

impl<T: Items> Segments<T> {
    pub(crate) fn new(blocks: &Arc<Blocks>, segments: Vec<Segment>, layout: T::Layout) -> Self {
        let (rest, buffer) = (segments.into_iter(), T::default());
        Self { blocks: blocks.clone(), layout, rest, current: None, buffer, used: 0 }
    }

    /// The items of the next rows.
    pub(crate) fn next(&mut self, rows: usize) -> Result<T> {
        self.next_of(rows, None)
    }

    /// As [`Segments::next`], where the items of rows that are not needed may be any.
    pub(crate) fn next_of(&mut self, rows: usize, is_needed: Option<&[bool]>) -> Result<T> {
        let per_row = T::per_row(self.layout);
        let wanted = rows * per_row;
        let mut out = T::with_room(wanted);
        loop {
            let taken = (self.buffer.count() - self.used).min(wanted - out.count());
            if taken > 0 {
                out.append(&self.buffer, self.used..self.used + taken)?;
                self.used += taken;
            }
            if out.count() == wanted {
                return Ok(out);
            }
            // Rows beyond those that are asked for now are needed later.
            let first = out.count() / per_row;
            let needed = is_needed.map(|needed| move |row: usize| needed.get(first + row).copied().unwrap_or(true));
            let needed = needed.as_ref().map(|needed| needed as &dyn Fn(usize) -> bool);
            // What is wanted as a whole needs no detour.
            if wanted - out.count() >= PIECE * per_row {
                self.decode(needed, &mut out)?;
                continue;
            }
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.cut(0);
            self.used = 0;
            let decoded = self.decode(needed, &mut buffer);
            self.buffer = buffer;
            decoded?;
        }
    }

    /// Decodes one piece.
    fn decode(&mut self, is_needed: Option<&dyn Fn(usize) -> bool>, out: &mut T) -> Result<()> {
        let (mut decoder, left) = loop {
            match self.current.take() {
                Some((decoder, left)) if left > 0 => break (decoder, left),
                _ => {
                    let segment = self.rest.next().ok_or_else(|| Error::corrupt("segments end before the rows do"))?;
                    self.current = Some((T::decoder(&self.blocks, &segment, self.layout)?, segment.rows));
                }
            }
        };
        let before = out.count();
        match is_needed {
            Some(is_needed) => decoder.piece_of(is_needed, out)?,
            None => decoder.piece(out)?,
        }
        let per_row = T::per_row(self.layout);
        let decoded = ((out.count() - before) / per_row) as u64;
        if decoded == 0 {
            return Err(Error::corrupt("a segment ends before its rows do"));
        }
        // Groups of values may be longer than the segment.
        let decoded = decoded.min(left);
        out.cut(before + decoded as usize * per_row);
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
