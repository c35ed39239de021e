//! Decoded values of a column, in DuckDB's layout.

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::strings::{Part, Strings};
use crate::types::{Layout, LogicalType};
use crate::value::{Content, Value};

static EMPTY: Bytes = Bytes::new();

/// More list elements than this in one piece are taken for a corrupt file.
pub(crate) const MAX_ELEMENTS: usize = 1 << 26;

/// Values of consecutive rows. What stands under a NULL means nothing.
#[derive(Clone, Debug)]
pub(crate) struct Vector {
    /// One a row.
    pub valid: Vec<bool>,
    pub data: Data,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// Little-endian values of `width` bytes.
    Fixed {
        width: usize,
        bytes: Vec<u8>,
    },
    Strings(Strings),
    /// Where each list ends in `child`; the first begins at 0.
    List {
        ends: Vec<usize>,
        child: Box<Vector>,
    },
    /// Lists of `size` elements each.
    Array {
        size: usize,
        child: Box<Vector>,
    },
    Struct(Vec<Vector>),
}

impl Vector {
    /// No values of this type.
    pub(crate) fn empty(logical_type: &LogicalType) -> Result<Self> {
        let data = match logical_type.layout()? {
            Layout::Fixed(fixed) => Data::Fixed { width: fixed.width(), bytes: Vec::new() },
            Layout::Strings => Data::Strings(Strings::default()),
            Layout::List(child) => Data::List { ends: Vec::new(), child: Box::new(Self::empty(&child)?) },
            Layout::Array(child, size) => Data::Array { size, child: Box::new(Self::empty(&child)?) },
            Layout::Struct(members) => Data::Struct(members.iter().map(Self::empty).collect::<Result<_>>()?),
        };
        Ok(Self { valid: Vec::new(), data })
    }

    /// The value in that many rows.
    pub(crate) fn repeated(value: &Value, rows: usize) -> Result<Self> {
        let mut one = Self::empty(&value.logical_type)?;
        one.push(&value.content)?;
        one.take(&vec![0; rows])
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.valid.len()
    }

    fn push(&mut self, content: &Content) -> Result<()> {
        self.valid.push(*content != Content::Null);
        let children = if let Content::Values(values) = content { values.as_slice() } else { &[] };
        match &mut self.data {
            Data::Fixed { width, bytes } => {
                let value = if let Content::Fixed(value) = content { *value } else { [0; 16] };
                bytes.extend_from_slice(&value[..*width]);
            }
            Data::Strings(strings) => {
                strings.push_bytes(if let Content::Bytes(bytes) = content { bytes } else { &EMPTY })?;
            }
            Data::List { ends, child } => {
                children.iter().try_for_each(|value| child.push(&value.content))?;
                ends.push(child.rows());
            }
            Data::Array { size, child } => {
                if *size > MAX_ELEMENTS || children.len() > *size {
                    return Err(Error::limit("elements of an array", MAX_ELEMENTS as u64));
                }
                for at in 0..*size {
                    child.push(children.get(at).map_or(&Content::Null, |value| &value.content))?;
                }
            }
            Data::Struct(members) => {
                for (at, member) in members.iter_mut().enumerate() {
                    member.push(children.get(at).map_or(&Content::Null, |value| &value.content))?;
                }
            }
        }
        Ok(())
    }

    /// Adds the rows of another vector of the same type.
    pub(crate) fn append(&mut self, other: Self) -> Result<()> {
        if self.valid.is_empty() {
            *self = other;
            return Ok(());
        }
        self.valid.extend_from_slice(&other.valid);
        match (&mut self.data, other.data) {
            (Data::Fixed { width, bytes }, Data::Fixed { width: theirs, bytes: more }) if *width == theirs => {
                bytes.extend_from_slice(&more);
            }
            (Data::Strings(strings), Data::Strings(more)) => strings.append(&more, 0..more.len())?,
            (Data::List { ends, child }, Data::List { ends: more, child: elements }) => {
                let shift = child.rows();
                ends.extend(more.into_iter().map(|end| end + shift));
                child.append(*elements)?;
            }
            (Data::Array { size, child }, Data::Array { size: theirs, child: elements }) if *size == theirs => {
                child.append(*elements)?;
            }
            (Data::Struct(members), Data::Struct(more)) if members.len() == more.len() => {
                for (member, rows) in members.iter_mut().zip(more) {
                    member.append(rows)?;
                }
            }
            _ => return Err(Error::corrupt("values of another type than the column's")),
        }
        Ok(())
    }

    /// The rows at these positions, which have to exist.
    pub(crate) fn take(&self, rows: &[usize]) -> Result<Self> {
        let valid = rows.iter().map(|row| self.valid[*row]).collect();
        let data = match &self.data {
            Data::Fixed { width, bytes } => {
                let mut taken = Vec::with_capacity(rows.len() * width);
                for row in rows {
                    taken.extend_from_slice(&bytes[row * width..(row + 1) * width]);
                }
                Data::Fixed { width: *width, bytes: taken }
            }
            Data::Strings(strings) => Data::Strings(strings.take(rows)),
            Data::List { ends, child } => {
                let (mut elements, mut taken) = (Vec::new(), Vec::with_capacity(rows.len()));
                for row in rows {
                    let start = if *row == 0 { 0 } else { ends[row - 1] };
                    if self.valid[*row] {
                        check_elements(elements.len() + (ends[*row] - start))?;
                        elements.extend(start..ends[*row]);
                    }
                    taken.push(elements.len());
                }
                Data::List { ends: taken, child: Box::new(child.take(&elements)?) }
            }
            Data::Array { size, child } => {
                check_elements(rows.len().saturating_mul(*size))?;
                let elements: Vec<_> = rows.iter().flat_map(|row| row * size..(row + 1) * size).collect();
                Data::Array { size: *size, child: Box::new(child.take(&elements)?) }
            }
            Data::Struct(members) => {
                Data::Struct(members.iter().map(|member| member.take(rows)).collect::<Result<_>>()?)
            }
        };
        Ok(Self { valid, data })
    }

    /// The rows from `start` to before `end`.
    pub(crate) fn slice(&self, start: usize, end: usize) -> Result<Self> {
        self.take(&(start..end).collect::<Vec<_>>())
    }

    /// Bytes that a row takes in memory, without those of its strings and elements.
    pub(crate) fn size_of_row(&self) -> usize {
        1 + match &self.data {
            Data::Fixed { width, .. } => *width,
            Data::Strings(_) => size_of::<Part>(),
            Data::List { .. } => size_of::<usize>(),
            Data::Array { size, child } => size.saturating_mul(child.size_of_row()),
            Data::Struct(members) => members.iter().map(Self::size_of_row).sum(),
        }
    }

    /// Adds to each row's weight the bytes of its strings and a few for each of its elements.
    pub(crate) fn add_weights(&self, weights: &mut [usize]) {
        match &self.data {
            Data::Fixed { .. } => (),
            Data::Strings(strings) => {
                weights.iter_mut().zip(strings.lengths()).for_each(|(weight, length)| *weight += length);
            }
            Data::List { ends, child } => {
                let mut inner = vec![child.size_of_row(); child.rows()];
                child.add_weights(&mut inner);
                let mut start = 0;
                for (weight, end) in weights.iter_mut().zip(ends) {
                    *weight += inner[start..*end].iter().sum::<usize>();
                    start = *end;
                }
            }
            Data::Array { size, child } => {
                let mut inner = vec![8; child.rows()];
                child.add_weights(&mut inner);
                if *size > 0 {
                    weights
                        .iter_mut()
                        .zip(inner.chunks(*size))
                        .for_each(|(weight, row)| *weight += row.iter().sum::<usize>());
                }
            }
            Data::Struct(members) => members.iter().for_each(|member| member.add_weights(weights)),
        }
    }
}

pub(crate) fn check_elements(count: usize) -> Result<()> {
    if count > MAX_ELEMENTS { Err(Error::limit("elements of nested values", MAX_ELEMENTS as u64)) } else { Ok(()) }
}
