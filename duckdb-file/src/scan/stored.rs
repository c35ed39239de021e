//! Reads the rows of a stored column in order.

use std::sync::Arc;

use crate::blocks::Blocks;
use crate::error::{Error, Result};
use crate::geometry::well_known_binary;
use crate::segment::{Segments, Validity, check_rows};
use crate::storage::{Column, ColumnKind, Segment, Vertices};
use crate::strings::Strings;
use crate::types::layout::variant_members;
use crate::types::{Fixed, Layout, LogicalType, TypeKind};
use crate::variant::put_together;
use crate::vector::{Data, Vector, check_elements};

/// Elements that a batch may have, if a single row has no more.
const ELEMENTS: usize = 1 << 20;

/// A stored column and how far it has been read.
pub(crate) struct StoredColumn {
    validity: Segments<Vec<Validity>>,
    content: Content,
}

enum Content {
    Fixed(Segments<Vec<u8>>, usize),
    Strings(Segments<Strings>),
    List(Lists),
    Array(usize, Box<StoredColumn>),
    Struct(Vec<StoredColumn>),
    /// A struct within a column of its own.
    Variant(Box<StoredColumn>),
    /// The same, with columns for a part of it.
    Shredded {
        remainder: Box<StoredColumn>,
        shredded: Box<StoredColumn>,
        logical_type: LogicalType,
    },
    Geometry {
        coordinates: Box<StoredColumn>,
        vertices: Vertices,
        kind: u8,
    },
}

/// Lists by their ends.
struct Lists {
    ends: Segments<Vec<u8>>,
    /// Ends that were read ahead.
    ahead: Vec<usize>,
    /// The end of the last list that was returned.
    last: usize,
    /// Elements there are.
    elements: u64,
    /// Values that an element is made of.
    leaves: usize,
    child: Box<StoredColumn>,
}

impl StoredColumn {
    pub(crate) fn open(blocks: &Arc<Blocks>, column: Column, logical_type: &LogicalType, rows: u64) -> Result<Self> {
        if let ColumnKind::Coordinates { vertices, kind } = column.kind {
            let stored = column.kind.coordinates_type().unwrap_or_else(|| logical_type.clone());
            let plain = Column { kind: ColumnKind::Plain, ..column.clone() };
            let coordinates = Box::new(Self::open(blocks, plain, &stored, rows)?);
            let validity = Segments::new(blocks, column.validity, ());
            return Ok(Self { validity, content: Content::Geometry { coordinates, vertices, kind } });
        }
        check_rows(&column.validity, rows, "validity")?;
        let mut children = column.children.into_iter();
        let mut child = || children.next().ok_or_else(|| Error::corrupt("a column has no column of its elements"));
        let segments = column.segments;
        let fixed = |segments: Vec<Segment>, fixed: Fixed| {
            check_rows(&segments, rows, "data")?;
            Ok::<_, Error>(Segments::new(blocks, segments, fixed))
        };
        let content = match logical_type.layout()? {
            _ if logical_type.kind == TypeKind::Variant => {
                let stored = TypeKind::Struct(variant_members()).into();
                let remainder = Box::new(Self::open(blocks, child()?, &stored, rows)?);
                match column.shredded {
                    Some(logical_type) => {
                        let shredded = Box::new(Self::open(blocks, child()?, &logical_type, rows)?);
                        Content::Shredded { remainder, shredded, logical_type: *logical_type }
                    }
                    None => Content::Variant(remainder),
                }
            }
            Layout::Fixed(layout) => Content::Fixed(fixed(segments, layout)?, layout.width()),
            Layout::Strings => {
                check_rows(&segments, rows, "data")?;
                Content::Strings(Segments::new(blocks, segments, ()))
            }
            Layout::List(element) => {
                let ends = fixed(segments, Fixed::U64)?;
                let child = child()?;
                let elements = child.validity.iter().fold(0, |sum: u64, segment| sum.saturating_add(segment.rows));
                let child = Box::new(Self::open(blocks, child, &element, elements)?);
                Content::List(Lists { ends, ahead: Vec::new(), last: 0, elements, leaves: element.leaves(), child })
            }
            Layout::Array(element, size) => {
                let elements = rows.saturating_mul(size as u64);
                Content::Array(size, Box::new(Self::open(blocks, child()?, &element, elements)?))
            }
            Layout::Struct(members) => {
                let open = |member| Self::open(blocks, child()?, member, rows);
                Content::Struct(members.iter().map(open).collect::<Result<_>>()?)
            }
        };
        Ok(Self { validity: Segments::new(blocks, column.validity, ()), content })
    }

    /// How many of the next `rows` rows fit into a batch; at least one.
    pub(crate) fn limit(&mut self, rows: usize) -> Result<usize> {
        match &mut self.content {
            Content::Fixed(..) | Content::Strings(_) => Ok(rows),
            Content::List(lists) => lists.limit(rows),
            Content::Array(size, child) => {
                let size = (*size).max(1);
                let fitting = rows.min((ELEMENTS / size).max(1));
                Ok((child.limit(fitting.saturating_mul(size))? / size).max(1))
            }
            Content::Struct(members) => members.iter_mut().try_fold(rows, |rows, member| member.limit(rows)),
            Content::Shredded { remainder, shredded, .. } => shredded.limit(remainder.limit(rows)?),
            Content::Variant(inner) | Content::Geometry { coordinates: inner, .. } => inner.limit(rows),
        }
    }

    /// The next rows.
    pub(crate) fn next(&mut self, rows: usize) -> Result<Vector> {
        self.next_of(rows, None)
    }

    /// The next rows; those that are not needed may have any strings.
    pub(crate) fn next_of(&mut self, rows: usize, is_needed: Option<&[bool]>) -> Result<Vector> {
        // Where columns are wrapped, the inner validity is the same.
        if let Content::Geometry { coordinates, vertices, kind } = &mut self.content {
            let vector = coordinates.next(rows)?;
            let geometries = well_known_binary(&vector, *vertices, *kind)?;
            return Ok(Vector { valid: vector.valid, data: Data::Strings(geometries) });
        }
        let validity = self.validity.next(rows)?;
        let mut valid: Vec<_> = validity.iter().map(|validity| *validity != Validity::Null).collect();
        let data = match &mut self.content {
            Content::Fixed(values, width) => Data::Fixed { width: *width, bytes: values.next(rows)? },
            Content::Strings(strings) => {
                let strings = strings.next_of(rows, is_needed)?;
                for (row, (valid, validity)) in valid.iter_mut().zip(&validity).enumerate() {
                    if *validity == Validity::InData {
                        *valid = !strings.is_null(row);
                    }
                }
                Data::Strings(strings)
            }
            Content::List(lists) => lists.next(rows)?,
            Content::Array(size, child) => {
                let elements = rows.saturating_mul(*size);
                check_elements(elements)?;
                Data::Array { size: *size, child: Box::new(child.next(elements)?) }
            }
            Content::Struct(members) => {
                Data::Struct(members.iter_mut().map(|member| member.next(rows)).collect::<Result<_>>()?)
            }
            Content::Variant(inner) => {
                let inner = inner.next(rows)?;
                valid.iter_mut().zip(inner.valid).for_each(|(valid, inner)| *valid &= inner);
                inner.data
            }
            Content::Shredded { remainder, shredded, logical_type } => {
                let whole = put_together(&remainder.next(rows)?, &shredded.next(rows)?, logical_type)?;
                valid.iter_mut().zip(whole.valid).for_each(|(valid, inner)| *valid &= inner);
                whole.data
            }
            Content::Geometry { .. } => return Err(Error::corrupt("a geometry")),
        };
        Ok(Vector { valid, data })
    }
}

impl Lists {
    /// Reads the ends of the next lists, which stay to be returned.
    fn look_ahead(&mut self, rows: usize) -> Result<()> {
        let missing = rows.saturating_sub(self.ahead.len());
        let mut last = self.ahead.last().copied().unwrap_or(self.last);
        for end in self.ends.next(missing)?.as_chunks::<8>().0 {
            let end = u64::from_le_bytes(*end);
            if end < last as u64 || end > self.elements {
                return Err(Error::corrupt(format!("a list ends at {end} of {} elements", self.elements)));
            }
            last = end as usize;
            self.ahead.push(last);
        }
        Ok(())
    }

    fn limit(&mut self, rows: usize) -> Result<usize> {
        self.look_ahead(rows)?;
        let fitting = |elements: usize| {
            let end = self.last.saturating_add(elements);
            self.ahead[..rows].partition_point(|at| *at <= end).max(1).min(rows)
        };
        let count = fitting((ELEMENTS / self.leaves).max(1));
        let elements = self.ahead[..count].last().map_or(0, |end| end - self.last);
        if elements == 0 {
            return Ok(count);
        }
        check_elements(elements.saturating_mul(self.leaves))?;
        let inner = self.child.limit(elements)?;
        Ok(if inner < elements { fitting(inner) } else { count })
    }

    fn next(&mut self, rows: usize) -> Result<Data> {
        self.look_ahead(rows)?;
        let first = self.last;
        let ends: Vec<_> = self.ahead.drain(..rows).map(|end| end - first).collect();
        let elements = ends.last().copied().unwrap_or(0);
        check_elements(elements.saturating_mul(self.leaves))?;
        self.last = first + elements;
        Ok(Data::List { ends, child: Box::new(self.child.next(elements)?) })
    }
}
