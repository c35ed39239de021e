//! Between which values the rows of a row group lie, as segments' statistics have it.

use arrow_array::{ArrayRef, new_null_array};
use bytes::Bytes;

use crate::database::{GroupPlace, TableInner};
use crate::error::{Error, Result};
use crate::scan::{ScanColumn, array};
use crate::serial::Reader;
use crate::storage::{Column, Statistics, TextBounds};
use crate::strings::Strings;
use crate::table::{Content, Source};
use crate::types::{Fixed, Layout, LogicalType, TypeKind};
use crate::vector::{Data, Vector};

/// Bounds of a column's values, one of each for every row group that was asked for.
///
/// They hold for all values that are not NULL, rows that were deleted or updated included, but need not occur among
/// them. NULL stands for a bound that is not known.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// No value is less. Of the column's Arrow type.
    pub min: ArrayRef,
    /// No value is greater.
    pub max: ArrayRef,
}

impl Bounds {
    /// The bounds of a column in groups of a table.
    pub(crate) fn read(table: &TableInner, column: &ScanColumn, groups: &[GroupPlace]) -> Result<Self> {
        let logical_type = &column.logical_type;
        if !has_bounds(&logical_type.kind) {
            let unknown = new_null_array(&logical_type.arrow_type(), groups.len());
            return Ok(Self { min: unknown.clone(), max: unknown });
        }
        let bounds = groups.iter().map(|group| of_group(table, column, group)).collect::<Result<Vec<_>>>()?;
        let side = |pick: fn(&(Bound, Bound)) -> &Bound| {
            let bounds = bounds.iter().map(|bounds| bounds.as_ref().map(pick)).collect::<Vec<_>>();
            array(logical_type, vector(&bounds, logical_type)?)
        };
        Ok(Self { min: side(|(min, _)| min)?, max: side(|(_, max)| max)? })
    }
}

/// One bound: a fixed value in the first bytes, or a string; `None` if it is not known.
#[derive(Clone, Debug, PartialEq)]
enum Bound {
    Fixed([u8; 16]),
    Text(Vec<u8>),
    Unknown,
}

/// Whether DuckDB orders values of the type as Arrow does.
fn has_bounds(kind: &TypeKind) -> bool {
    use TypeKind::{
        BigInt, Boolean, Date, Decimal, Double, Float, HugeInt, Integer, SmallInt, Time, TimeNs, Timestamp,
        TimestampMs, TimestampNs, TimestampS, TimestampTz, TimestampTzNs, TinyInt, UBigInt, UHugeInt, UInteger,
        USmallInt, UTinyInt, Varchar,
    };
    let is_whole = matches!(kind, TinyInt | SmallInt | Integer | BigInt | HugeInt)
        || matches!(kind, UTinyInt | USmallInt | UInteger | UBigInt | UHugeInt);
    let is_moment = matches!(kind, Timestamp | TimestampS | TimestampMs | TimestampNs | TimestampTz | TimestampTzNs)
        || matches!(kind, Date | Time | TimeNs);
    is_whole || is_moment || matches!(kind, Boolean | Varchar | Float | Double | Decimal { .. })
}

fn of_group(table: &TableInner, column: &ScanColumn, group: &GroupPlace) -> Result<Option<(Bound, Bound)>> {
    // What the log has put over rows is not in statistics. Rows that it deletes only make bounds wider than needed.
    if table.data.updates.touches(column.physical as u64, group.row_start..group.row_start + group.rows) {
        return Ok(None);
    }
    let sources = table.sources(group);
    let Some(Source::Stored(index)) = sources.get(column.physical) else { return Ok(None) };
    let stored = match group.appended(table).map(|appended| &appended.content) {
        Some(Content::Chunks(_)) => return Ok(None),
        Some(Content::Stored(columns, _)) => columns.get(*index).cloned(),
        None => match group.columns.get(*index) {
            Some(pointer) => Some(Column::read(&mut Reader::at(&table.blocks, *pointer)?, &column.logical_type)?),
            None => None,
        },
    };
    let stored = stored.ok_or_else(|| Error::corrupt("a row group has too few columns"))?;
    merged(stored.segments.iter().map(|segment| &segment.statistics), &column.logical_type)
}

fn merged<'a>(
    segments: impl Iterator<Item = &'a Statistics>,
    logical_type: &LogicalType,
) -> Result<Option<(Bound, Bound)>> {
    let mut all: Option<(Bound, Bound)> = None;
    for statistics in segments {
        let Some((min, max)) = of_segment(statistics, logical_type)? else { return Ok(None) };
        all = Some(match all {
            None => (min, max),
            Some((low, high)) => (extreme(low, min, logical_type, false)?, extreme(high, max, logical_type, true)?),
        });
    }
    Ok(all)
}

fn of_segment(statistics: &Statistics, logical_type: &LogicalType) -> Result<Option<(Bound, Bound)>> {
    let (min, max) = match logical_type.layout()? {
        Layout::Fixed(_) => match (statistics.min, statistics.max) {
            (Some(min), Some(max)) => (Bound::Fixed(min), Bound::Fixed(max)),
            _ => return Ok(None),
        },
        _ => match statistics.text.filter(|_| statistics.has_value) {
            Some(text) if text.min <= text.max => (Bound::Text(least(&text)), greatest(&text)),
            _ => return Ok(None),
        },
    };
    // Statistics of no value at all begin the wrong way round.
    Ok(is_ordered(&min, &max, logical_type)?.then_some((min, max)))
}

fn is_ordered(min: &Bound, max: &Bound, logical_type: &LogicalType) -> Result<bool> {
    let (Bound::Fixed(min), Bound::Fixed(max)) = (min, max) else { return Ok(true) };
    Ok(match logical_type.layout()? {
        Layout::Fixed(Fixed::F32) => {
            let number = |bytes: &[u8; 16]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            number(min).total_cmp(&number(max)).is_le() && !number(min).is_nan()
        }
        Layout::Fixed(Fixed::F64) => {
            let number =
                |bytes: &[u8; 16]| bytes.first_chunk::<8>().map_or(f64::NAN, |bytes| f64::from_le_bytes(*bytes));
            number(min).total_cmp(&number(max)).is_le() && !number(min).is_nan()
        }
        Layout::Fixed(Fixed::Bool | Fixed::U8 | Fixed::U16 | Fixed::U32 | Fixed::U64 | Fixed::U128) => {
            u128::from_le_bytes(*min) <= u128::from_le_bytes(*max)
        }
        _ => i128::from_le_bytes(*min) <= i128::from_le_bytes(*max),
    })
}

/// The lesser of two bounds, or the greater.
fn extreme(one: Bound, other: Bound, logical_type: &LogicalType, greater: bool) -> Result<Bound> {
    let in_order = match (&one, &other) {
        (Bound::Unknown, _) | (_, Bound::Unknown) => return Ok(Bound::Unknown),
        (Bound::Text(one), Bound::Text(other)) => one <= other,
        _ => is_ordered(&one, &other, logical_type)?,
    };
    Ok(if in_order == greater { other } else { one })
}

/// A text that is not greater than the least one.
fn least(text: &TextBounds) -> Vec<u8> {
    let end = text.min.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    valid_start(&text.min[..end]).to_vec()
}

/// A text that is not less than the greatest one.
fn greatest(text: &TextBounds) -> Bound {
    if text.longest.is_some_and(|longest| longest < text.max.len() as u64) {
        let end = text.max.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        // Zero bytes at the end of a text cannot be told from what fills it up.
        let mut bytes = text.max[..end].to_vec();
        if std::str::from_utf8(&bytes).is_ok() {
            bytes.resize(text.max.len(), 0);
            return Bound::Text(bytes);
        }
        return Bound::Unknown;
    }
    // It may go on: what begins with a greater character is greater, however it goes on.
    let start = valid_start(&text.max);
    match std::str::from_utf8(start).ok().and_then(successor) {
        Some(text) => Bound::Text(text.into_bytes()),
        None => Bound::Unknown,
    }
}

fn valid_start(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes,
        Err(error) => &bytes[..error.valid_up_to()],
    }
}

/// A text greater than all that begin with this one.
fn successor(text: &str) -> Option<String> {
    let mut chars: Vec<char> = text.chars().collect();
    while let Some(last) = chars.pop() {
        let next = match u32::from(last) + 1 {
            0xd800 => 0xe000,
            next => next,
        };
        if let Some(next) = char::from_u32(next) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

fn vector(bounds: &[Option<&Bound>], logical_type: &LogicalType) -> Result<Vector> {
    let mut valid = Vec::with_capacity(bounds.len());
    let data = match logical_type.layout()? {
        Layout::Fixed(fixed) => {
            let mut bytes = Vec::with_capacity(bounds.len() * fixed.width());
            for bound in bounds {
                let value = match bound {
                    Some(Bound::Fixed(value)) if !is_nan(value, fixed) => Some(value),
                    _ => None,
                };
                valid.push(value.is_some());
                bytes.extend_from_slice(&value.unwrap_or(&[0; 16])[..fixed.width()]);
            }
            Data::Fixed { width: fixed.width(), bytes }
        }
        _ => {
            let mut strings = Vec::with_capacity(bounds.len());
            for bound in bounds {
                let text = if let Some(Bound::Text(text)) = bound { Some(text) } else { None };
                valid.push(text.is_some());
                strings.push(text.map_or_else(Bytes::new, |text| Bytes::copy_from_slice(text)));
            }
            Data::Strings(Strings::from_list(strings)?)
        }
    };
    Ok(Vector { valid, data })
}

/// DuckDB takes NaN for the greatest number; zero may be of either sign.
fn is_nan(value: &[u8; 16], fixed: Fixed) -> bool {
    let zero_or_nan = |number: f64| number.is_nan() || number == 0.0;
    match fixed {
        Fixed::F32 => zero_or_nan(f32::from_le_bytes([value[0], value[1], value[2], value[3]]).into()),
        Fixed::F64 => value.first_chunk::<8>().is_none_or(|bytes| zero_or_nan(f64::from_le_bytes(*bytes))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(min: &[u8], max: &[u8], longest: Option<u64>) -> (Vec<u8>, Bound) {
        let filled = |bytes: &[u8]| {
            let mut filled = [0; 8];
            filled[..bytes.len()].copy_from_slice(bytes);
            filled
        };
        let bounds = TextBounds { min: filled(min), max: filled(max), longest };
        (least(&bounds), greatest(&bounds))
    }

    #[test]
    fn texts_that_are_cut() {
        let (min, max) = text(b"abcdefgh", b"abcdefgh", Some(20));
        assert_eq!((min, max), (b"abcdefgh".to_vec(), Bound::Text(b"abcdefgi".to_vec())));
        // The seventh and eighth bytes begin a character of three.
        let (min, max) = text(b"123456\xe2\x82", b"123456\xe2\x82", None);
        assert_eq!((min, max), (b"123456".to_vec(), Bound::Text(b"123457".to_vec())));
        assert_eq!(text(b"", &[0xff; 8], None).1, Bound::Unknown);
        assert_eq!(text(b"b", b"c", Some(1)), (b"b".to_vec(), Bound::Text(b"c\0\0\0\0\0\0\0".to_vec())));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor("\u{d7ff}").as_deref(), Some("\u{e000}"));
    }

    #[test]
    fn numbers_of_several_segments() {
        let bounds = |min: i32, max: i32| {
            let fixed = |value: i32| Some(i128::from(value).to_le_bytes());
            Statistics { min: fixed(min), max: fixed(max), has_value: true, ..Statistics::default() }
        };
        let logical_type = TypeKind::Integer.into();
        let all = |segments: &[Statistics]| merged(segments.iter(), &logical_type).unwrap();
        let fixed = |value: i32| Bound::Fixed(i128::from(value).to_le_bytes());
        assert_eq!(all(&[bounds(3, 9), bounds(-5, 4)]), Some((fixed(-5), fixed(9))));
        assert_eq!(all(&[bounds(i32::MAX, i32::MIN), bounds(1, 2)]), None);
        assert_eq!(all(&[]), None);
    }
}
