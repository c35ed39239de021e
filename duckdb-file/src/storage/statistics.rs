//! Statistics. They have to be read to get past them; only constant segments need what they say.

use crate::error::{Error, NEWER, Result};
use crate::serial::Reader;
use crate::types::layout::variant_members;
use crate::types::{Fixed, Layout, LogicalType, TypeKind};
use crate::value::{padded, read_fixed};

/// What constant segments are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Statistics {
    pub has_null: bool,
    /// The lower bound, little-endian in the first bytes.
    pub min: Option<[u8; 16]>,
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
                reader.bool()?;
            }
            if reader.has(102)? {
                reader.uint()?;
            }
            if reader.has(103)? {
                statistics.min = read_details(reader, logical_type)?;
            }
            reader.end("statistics")?;
            Ok(statistics)
        })
    }
}

fn read_details(reader: &mut Reader, logical_type: Option<&LogicalType>) -> Result<Option<[u8; 16]>> {
    let mut min = None;
    match logical_type {
        None => (),
        Some(LogicalType { kind: TypeKind::Null, .. }) => (),
        Some(LogicalType { kind: TypeKind::Variant, .. }) => read_variant(reader)?,
        Some(LogicalType { kind: TypeKind::Geometry, .. }) => read_geometry(reader)?,
        Some(logical_type) => match logical_type.layout()? {
            Layout::Fixed(fixed) => min = read_bounds(reader, fixed)?,
            Layout::Strings => read_strings(reader)?,
            Layout::List(child) | Layout::Array(child, _) => {
                if reader.has(200)? {
                    Statistics::read(reader, Some(&child))?;
                }
            }
            Layout::Struct(members) => read_members(reader, &members)?,
        },
    }
    reader.end("statistics of the type")?;
    Ok(min)
}

fn read_bounds(reader: &mut Reader, fixed: Fixed) -> Result<Option<[u8; 16]>> {
    let mut min = None;
    for id in [200, 201] {
        if reader.has(id)? {
            let bound = read_bound(reader, fixed)?;
            min = if id == 200 { bound } else { min };
        }
    }
    Ok(min)
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

fn read_strings(reader: &mut Reader) -> Result<()> {
    loop {
        match reader.peek()? {
            200 | 201 | 205 => {
                reader.field()?;
                reader.blob()?;
            }
            202 | 203 => {
                reader.field()?;
                reader.bool()?;
            }
            204 | 206 | 207 => {
                reader.field()?;
                reader.uint()?;
            }
            _ => return Ok(()),
        }
    }
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
        return read_strings(reader);
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
