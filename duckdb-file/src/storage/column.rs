//! Columns of a row group: their segments and the columns that they consist of.

use crate::error::{Error, NEWER, Result};
use crate::serial::Reader;
use crate::storage::statistics::Statistics;
use crate::types::{Layout, LogicalType, TypeKind};

/// The description of a stored column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    pub segments: Vec<Segment>,
    pub validity: Vec<Segment>,
    pub children: Vec<Self>,
    pub kind: ColumnKind,
    /// The type of the second of two children: the columns that a part of the variants has become.
    pub shredded: Option<Box<LogicalType>>,
}

/// What a column is stored as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// As its type says.
    #[default]
    Plain,
    /// A variant of which a part has become columns of its own.
    Shredded,
    /// Geometries of one kind, 1 (points) to 6 (multipolygons), as lists of coordinates.
    Coordinates { vertices: Vertices, kind: u8 },
}

/// The coordinates of a vertex; the number is that of well-known binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vertices {
    Xy = 0,
    Xyz = 1000,
    Xym = 2000,
    Xyzm = 3000,
}

/// Consecutive rows of a column.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub rows: u64,
    /// `None`: the statistics say it all.
    pub block: Option<u64>,
    /// In the block's payload.
    pub offset: u64,
    pub compression: u64,
    pub statistics: Statistics,
}

impl Column {
    /// Reads the column of a table or of an entry of the write-ahead log.
    pub(crate) fn read(reader: &mut Reader, logical_type: &LogicalType) -> Result<Self> {
        reader.nested(|reader| {
            let special = if reader.has(99)? { reader.nullable(read_special)? } else { None };
            let (special, shredded) = special.unwrap_or_default();
            match special {
                Some(kind @ ColumnKind::Coordinates { .. }) => {
                    let stored = kind.coordinates_type().unwrap_or_else(|| logical_type.clone());
                    Self::read_parts(reader, &stored, kind, None)
                }
                Some(kind) => Self::read_parts(reader, logical_type, kind, shredded),
                None => Self::read_parts(reader, logical_type, ColumnKind::Plain, None),
            }
        })
    }

    fn read_parts(
        reader: &mut Reader,
        logical_type: &LogicalType,
        kind: ColumnKind,
        shredded: Option<Box<LogicalType>>,
    ) -> Result<Self> {
        let mut column = Self { kind, shredded, ..Self::default() };
        if reader.has(100)? {
            column.segments = reader.list(|reader| Segment::read(reader, Some(logical_type)))?;
        }
        if reader.has(101)? {
            column.validity = read_validity(reader)?;
        }
        let layout = logical_type.layout()?;
        if logical_type.kind == TypeKind::Variant {
            // The struct that holds the variant is a column of its own.
            let stored = TypeKind::Struct(crate::types::layout::variant_members()).into();
            if reader.has(102)? {
                column.children.push(Self::read(reader, &stored)?);
            }
            if let Some(shredded) = &column.shredded
                && reader.has(103)?
            {
                let shredded = Self::read(reader, shredded)?;
                column.children.push(shredded);
            }
        } else if reader.has(102)? {
            column.children = match layout {
                Layout::List(child) | Layout::Array(child, _) => vec![Self::read(reader, &child)?],
                Layout::Struct(members) => read_members(reader, &members)?,
                _ => return Err(Error::corrupt(format!("a column of {logical_type} has children"))),
            };
        }
        reader.end("a column")?;
        Ok(column)
    }
}

fn read_members(reader: &mut Reader, members: &[LogicalType]) -> Result<Vec<Column>> {
    let count = reader.uint()?;
    if count != members.len() as u64 {
        return Err(Error::corrupt(format!("{count} columns for a struct of {} members", members.len())));
    }
    members.iter().map(|member| Column::read(reader, member)).collect()
}

fn read_validity(reader: &mut Reader) -> Result<Vec<Segment>> {
    let segments = if reader.has(100)? { reader.list(|reader| Segment::read(reader, None))? } else { Vec::new() };
    reader.end("a validity column")?;
    Ok(segments)
}

/// Field 99: what the type does not tell of the column.
fn read_special(reader: &mut Reader) -> Result<(Option<ColumnKind>, Option<Box<LogicalType>>)> {
    let mut shredded = None;
    let kind = if reader.has(100)? { reader.uint()? } else { 0 };
    let special = match kind {
        0 => None,
        1 => {
            if reader.has(101)? {
                shredded = Some(Box::new(LogicalType::read(reader)?));
                Some(ColumnKind::Shredded)
            } else {
                None
            }
        }
        2 => match if reader.has(101)? { reader.uint()? } else { 1 } {
            1 => None,
            code => Some(coordinates(code)?),
        },
        kind => return Err(Error::unsupported(format!("columns of the special kind {kind}"), NEWER)),
    };
    reader.end("a column's kind")?;
    Ok((special, shredded))
}

fn coordinates(code: u64) -> Result<ColumnKind> {
    let unknown = || Error::unsupported(format!("geometries stored as {code:#x}"), NEWER);
    // Bits that say Z and M; one of its own says neither.
    let vertices = match code >> 4 {
        1 => Vertices::Xy,
        2 => Vertices::Xyz,
        4 => Vertices::Xym,
        6 => Vertices::Xyzm,
        _ => return Err(unknown()),
    };
    match (code & 15) as u8 {
        kind @ 1..=6 => Ok(ColumnKind::Coordinates { vertices, kind }),
        _ => Err(unknown()),
    }
}

impl ColumnKind {
    /// The type that geometries of one kind are stored as.
    pub(crate) fn coordinates_type(self) -> Option<LogicalType> {
        let Self::Coordinates { vertices, kind } = self else { return None };
        let names: &[&str] = match vertices {
            Vertices::Xy => &["x", "y"],
            Vertices::Xyz => &["x", "y", "z"],
            Vertices::Xym => &["x", "y", "m"],
            Vertices::Xyzm => &["x", "y", "z", "m"],
        };
        let members = names.iter().map(|name| ((*name).to_string(), TypeKind::Double.into())).collect();
        let levels = match kind {
            1 => 0,
            2 | 4 => 1,
            3 | 5 => 2,
            _ => 3,
        };
        let vertex = LogicalType::from(TypeKind::Struct(members));
        Some((0..levels).fold(vertex, |inner, _| TypeKind::List(Box::new(inner)).into()))
    }
}

impl Segment {
    fn read(reader: &mut Reader, logical_type: Option<&LogicalType>) -> Result<Self> {
        if reader.has(100)? {
            reader.uint()?;
        }
        let rows = if reader.has(101)? { reader.uint()? } else { 0 };
        let (mut block, mut offset) = (0, 0);
        if reader.has(102)? {
            if reader.has(100)? {
                block = reader.int()?;
            }
            if reader.has(101)? {
                offset = reader.uint()?;
            }
            reader.end("a block pointer")?;
        }
        let compression = if reader.has(103)? { reader.uint()? } else { 0 };
        let statistics = if reader.has(104)? { Statistics::read(reader, logical_type)? } else { Statistics::default() };
        if reader.has(105)? {
            reader.nullable(|reader| {
                if reader.has(1)? {
                    reader.list(Reader::int)?;
                }
                reader.end("the state of a segment")
            })?;
        }
        if reader.has(106)? {
            reader.nullable(Reader::uint)?;
        }
        reader.end("a segment")?;
        Ok(Self { rows, block: u64::try_from(block).ok(), offset, compression, statistics })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn run_lengths_with_bounds() {
        let bytes = [
            0x64, 0, 1, 0x65, 0, 3, 0x66, 0, 0x64, 0, 1, 0xff, 0xff, 0x67, 0, 3, 0x68, 0, 0x64, 0, 0, 0x65, 0, 1, 0x66,
            0, 0, 0x67, 0, 0xc8, 0, 0x64, 0, 1, 0x65, 0, 1, 0xff, 0xff, 0xc9, 0, 0x64, 0, 1, 0x65, 0, 7, 0xff, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x65, 0, 0x64, 0, 1, 0x65, 0, 3, 0x66, 0, 0x65, 0, 0x20, 0xff, 0xff,
            0x67, 0, 1, 0x68, 0, 0x64, 0, 1, 0x65, 0, 1, 0x66, 0, 0, 0x67, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xff,
        ];
        let mut reader = Reader::over(Bytes::copy_from_slice(&bytes));
        let column = Column::read(&mut reader, &TypeKind::BigInt.into()).unwrap();
        let [segment] = &column.segments[..] else { panic!("{column:?}") };
        assert_eq!((segment.rows, segment.block, segment.offset, segment.compression), (3, Some(1), 0, 3));
        assert_eq!(segment.statistics.min, Some(padded(1)));
        let [validity] = &column.validity[..] else { panic!("{column:?}") };
        assert_eq!((validity.rows, validity.block, validity.offset, validity.compression), (3, Some(0), 32, 1));
        assert!(validity.statistics.has_null);
    }

    fn padded(value: i128) -> [u8; 16] {
        value.to_le_bytes()
    }
}
