//! Statistics. They have to be read to get past them; constant segments are made of them, and bounds rule out row groups.

use crate::error::{Error, NEWER, Result};
use crate::serial::Reader;
use crate::types::layout::variant_members;
use crate::types::{Fixed, Layout, LogicalType, TypeKind};
use crate::value::{padded, read_fixed};

/// What constant segments are made of, and between which values the others lie.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Statistics {
    pub has_null: bool,
    pub has_value: bool,
    /// The lower bound, little-endian in the first bytes.
    pub min: Option<[u8; 16]>,
    pub max: Option<[u8; 16]>,
    /// Bounds of strings.
    pub text: Option<TextBounds>,
}

/// The first bytes of the least and of the greatest string, filled up with zeros.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TextBounds {
    pub min: [u8; 8],
    pub max: [u8; 8],
    /// Bytes of the longest string, where that is known.
    pub longest: Option<u64>,
}

impl Statistics {
    /// Reads the statistics of a column of this type, `None` for those of its validity.
    pub(crate) fn read(reader: &mut Reader, logical_type: Option<&LogicalType>) -> Result<Self> {
        reader.nested(|reader| {
            let mut statistics = Self::default();
            if reader.has(100)? {
                statistics.has_null = reader.bool()?;
            }
            if reader.has(101)? {
                statistics.has_value = reader.bool()?;
            }
            if reader.has(102)? {
                reader.uint()?;
            }
            if reader.has(103)? {
                statistics.read_details(reader, logical_type)?;
            }
            reader.end("statistics")?;
            Ok(statistics)
        })
    }

    fn read_details(&mut self, reader: &mut Reader, logical_type: Option<&LogicalType>) -> Result<()> {
        match logical_type {
            None => (),
            Some(LogicalType { kind: TypeKind::Null, .. }) => (),
            Some(LogicalType { kind: TypeKind::Variant, .. }) => read_variant(reader)?,
            Some(LogicalType { kind: TypeKind::Geometry, .. }) => read_geometry(reader)?,
            Some(logical_type) => match logical_type.layout()? {
                Layout::Fixed(fixed) => {
                    if reader.has(200)? {
                        self.min = read_bound(reader, fixed)?;
                    }
                    if reader.has(201)? {
                        self.max = read_bound(reader, fixed)?;
                    }
                }
                Layout::Strings => self.text = read_strings(reader)?,
                Layout::List(child) | Layout::Array(child, _) => {
                    if reader.has(200)? {
                        Self::read(reader, Some(&child))?;
                    }
                }
                Layout::Struct(members) => read_members(reader, &members)?,
            },
        }
        reader.end("statistics of the type")
    }
}

fn read_bound(reader: &mut Reader, fixed: Fixed) -> Result<Option<[u8; 16]>> {
    let has_value = reader.has(100)? && reader.bool()?;
    let value = if reader.has(101)? {
        Some(read_fixed(reader, fixed)?)
    } else {
        // Zero is the default.
        has_value.then(|| padded(&[]))
    };
    reader.end("a bound")?;
    Ok(value.filter(|_| has_value))
}

/// The bounds, where they are in the form of DuckDB up to 1.5.
fn read_strings(reader: &mut Reader) -> Result<Option<TextBounds>> {
    let (mut min, mut max, mut has_longest, mut longest) = (None, None, false, None);
    loop {
        match reader.peek()? {
            field @ (200 | 201 | 205) => {
                reader.field()?;
                let bytes = <[u8; 8]>::try_from(reader.blob()?.as_ref()).ok();
                match field {
                    200 => min = bytes,
                    201 => max = bytes,
                    _ => (),
                }
            }
            field @ (202 | 203) => {
                reader.field()?;
                let flag = reader.bool()?;
                has_longest |= field == 203 && flag;
            }
            field @ (204 | 206 | 207) => {
                reader.field()?;
                let number = reader.uint()?;
                longest = if field == 204 { Some(number) } else { longest };
            }
            _ => break,
        }
    }
    let bounds = |(min, max)| TextBounds { min, max, longest: longest.filter(|_| has_longest) };
    Ok(min.zip(max).map(bounds))
}

fn read_members(reader: &mut Reader, members: &[LogicalType]) -> Result<()> {
    if reader.has(200)? {
        let count = reader.uint()?;
        if count > members.len() as u64 {
            return Err(Error::corrupt("statistics of more members than the struct has"));
        }
        for member in &members[..count as usize] {
            Statistics::read(reader, Some(member))?;
        }
    }
    Ok(())
}

fn read_geometry(reader: &mut Reader) -> Result<()> {
    if reader.peek()? < 300 {
        return read_strings(reader).map(drop);
    }
    if reader.has(300)? {
        for id in 101..=108 {
            if reader.has(id)? {
                reader.array::<8>()?;
            }
        }
        reader.end("the extent of geometries")?;
    }
    if reader.has(301)? {
        for id in 101..=104 {
            if reader.has(id)? {
                reader.uint()?;
            }
        }
        reader.end("the kinds of geometries")?;
    }
    if reader.has(302)? {
        reader.uint()?;
    }
    Ok(())
}

fn read_variant(reader: &mut Reader) -> Result<()> {
    let state = if reader.has(200)? { reader.uint()? } else { 0 };
    if state > 2 {
        return Err(Error::unsupported(format!("variant statistics of state {state}"), NEWER));
    }
    if reader.has(225)? {
        Statistics::read(reader, Some(&TypeKind::Struct(variant_members()).into()))?;
    }
    if reader.has(230)? {
        let shredded = LogicalType::read(reader)?;
        if reader.has(235)? {
            Statistics::read(reader, Some(&shredded))?;
        }
    }
    Ok(())
}

/// Skips the distinct counts and the statistics of one column of a table.
pub(crate) fn skip_column_statistics(reader: &mut Reader, logical_type: &LogicalType) -> Result<()> {
    if reader.has(100)? {
        Statistics::read(reader, Some(logical_type))?;
    }
    if reader.has(101)? {
        reader.nullable(skip_distinct)?;
    }
    reader.end("column statistics")
}

fn skip_distinct(reader: &mut Reader) -> Result<()> {
    for id in [100, 101] {
        if reader.has(id)? {
            reader.uint()?;
        }
    }
    if reader.has(102)? {
        reader.nullable(|reader| {
            if reader.has(100)? {
                reader.uint()?;
            }
            if reader.has(101)? {
                reader.blob()?;
            }
            reader.end("a distinct count")
        })?;
    }
    reader.end("distinct statistics")
}
