//! Parquet's variant binary encoding: a dictionary of keys, and values that refer to it.

use arrow::datatypes::{DataType, TimeUnit};

use super::{MAX_DEPTH, invalid};
use crate::FormatError;

/// How many times over the bytes of a value may be read, because its parts may overlap. Without a bound a few bytes
/// could describe more text than fits into memory.
const MAX_OVERLAP: usize = 16;

/// The dictionary of keys. Malformed bytes are noticed when a key is asked for: values without objects need none.
///
/// Keys are found by their number only. DuckDB sets the flag for sorted dictionaries although its dictionaries are
/// not sorted and hold keys twice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metadata<'a> {
    bytes: &'a [u8],
    keeps_order: bool,
}

impl<'a> Metadata<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Self {
        Self { bytes, keeps_order: false }
    }

    /// With members of objects in the order in which they are stored, each as often as it is.
    pub(super) fn keeping_order(self) -> Self {
        Self { keeps_order: true, ..self }
    }

    /// The key with a number.
    pub(super) fn key(&self, id: usize) -> Result<&'a str, FormatError> {
        self.find(id).ok_or_else(|| invalid(format!("its dictionary of keys is damaged or has no key {id}")))
    }

    fn find(&self, id: usize) -> Option<&'a str> {
        let (&header, rest) = self.bytes.split_first()?;
        if header & 0x0F != 1 {
            return None;
        }
        let width = usize::from(header >> 6) + 1;
        let size = number(rest, 0, width)?;
        if id >= size {
            return None;
        }
        let start = number(rest, id + 1, width)?;
        let end = number(rest, id + 2, width)?;
        let keys = rest.get(size.checked_add(2)?.checked_mul(width)?..)?;
        std::str::from_utf8(keys.get(start..end)?).ok()
    }
}

/// The `index`th little-endian number of `width` bytes (1 to 4).
fn number(bytes: &[u8], index: usize, width: usize) -> Option<usize> {
    let start = index.checked_mul(width)?;
    let bytes = bytes.get(start..start.checked_add(width)?)?;
    let mut padded = [0; 4];
    padded.get_mut(..width)?.copy_from_slice(bytes);
    usize::try_from(u32::from_le_bytes(padded)).ok()
}

/// A value with its parts still encoded.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f32),
    Double(f64),
    Decimal {
        unscaled: i128,
        /// Digits that DuckDB gives the type.
        precision: u8,
        scale: i8,
    },
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970.
    Timestamp(i64),
    TimestampTz(i64),
    TimestampNs(i64),
    TimestampTzNs(i64),
    Binary(&'a [u8]),
    String(&'a str),
    Uuid([u8; 16]),
    Array(Vec<&'a [u8]>),
    /// In byte order of the keys, each once, unless the order is kept.
    Object(Vec<(&'a str, &'a [u8])>),
}

/// What DuckDB makes of a value, told apart as far as it matters for quoting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Binary,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    TimestampNs,
    TimestampTzNs,
    /// Nested values, nulls, and scalars whose text never needs quotes.
    Other,
}

impl Kind {
    /// The kind of an encoded value.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let header = bytes.first().copied().unwrap_or_default();
        match (header & 3, header >> 2) {
            (1, _) | (0, 16) => Self::String,
            (0, 11) => Self::Date,
            (0, 12) => Self::TimestampTz,
            (0, 13) => Self::Timestamp,
            (0, 15) => Self::Binary,
            (0, 17) => Self::Time,
            (0, 18) => Self::TimestampTzNs,
            (0, 19) => Self::TimestampNs,
            _ => Self::Other,
        }
    }

    /// The kind of a shredded column's values.
    pub(super) fn of_column(data_type: &DataType) -> Self {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::String,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Self::Binary,
            DataType::Date32 => Self::Date,
            DataType::Dictionary(_, values) => Self::of_column(values),
            DataType::Time64(_) => Self::Time,
            DataType::Timestamp(TimeUnit::Nanosecond, None) => Self::TimestampNs,
            DataType::Timestamp(TimeUnit::Nanosecond, Some(_)) => Self::TimestampTzNs,
            DataType::Timestamp(_, None) => Self::Timestamp,
            DataType::Timestamp(_, Some(_)) => Self::TimestampTz,
            _ => Self::Other,
        }
    }
}

/// Decodes values and keeps account of the bytes that were read, over one root value and all of its parts.
pub(super) struct Decoder<'a> {
    metadata: Metadata<'a>,
    budget: usize,
}

impl<'a> Decoder<'a> {
    /// A decoder for the parts of a value of `length` bytes.
    pub(super) fn new(metadata: Metadata<'a>, length: usize) -> Self {
        Self { metadata, budget: length.saturating_mul(MAX_OVERLAP) }
    }

    /// Decodes the value at the start of `bytes`, at a depth of nesting.
    pub(super) fn value(&mut self, bytes: &'a [u8], depth: usize) -> Result<Value<'a>, FormatError> {
        if depth > MAX_DEPTH {
            return Err(invalid(format!("it is nested more than {MAX_DEPTH} deep")));
        }
        let mut reader = Reader { bytes };
        let [header] = reader.array()?;
        let info = header >> 2;
        let value = match header & 3 {
            0 => primitive(&mut reader, info)?,
            1 => Value::String(reader.string(usize::from(info))?),
            2 => self.object(&mut reader, info)?,
            _ => Value::Array(self.array(&mut reader, info)?),
        };
        self.charge(bytes.len() - reader.bytes.len())?;
        Ok(value)
    }

    fn charge(&mut self, length: usize) -> Result<(), FormatError> {
        self.budget = self.budget.checked_sub(length).ok_or_else(|| invalid("its parts overlap too often"))?;
        Ok(())
    }

    fn object(&mut self, reader: &mut Reader<'a>, info: u8) -> Result<Value<'a>, FormatError> {
        let count = reader.count(info & 0x10 != 0)?;
        let id_width = usize::from(info >> 2 & 3) + 1;
        let ids = reader.numbers(count, id_width)?;
        let values = reader.parts(count, usize::from(info & 3) + 1)?;
        let mut members = Vec::with_capacity(count);
        for (i, value) in values.into_iter().enumerate() {
            let id = number(ids, i, id_width).ok_or_else(ends_early)?;
            members.push((self.metadata.key(id)?, value));
        }
        if !self.metadata.keeps_order {
            // The sort is stable, so the first of equal keys stays.
            members.sort_by_key(|(key, _)| *key);
            members.dedup_by_key(|(key, _)| *key);
        }
        Ok(Value::Object(members))
    }

    fn array(&mut self, reader: &mut Reader<'a>, info: u8) -> Result<Vec<&'a [u8]>, FormatError> {
        let count = reader.count(info & 4 != 0)?;
        reader.parts(count, usize::from(info & 3) + 1)
    }
}

fn ends_early() -> FormatError {
    invalid("its bytes end too early")
}

fn primitive<'a>(reader: &mut Reader<'a>, kind: u8) -> Result<Value<'a>, FormatError> {
    Ok(match kind {
        0 => Value::Null,
        1 => Value::Boolean(true),
        2 => Value::Boolean(false),
        3 => Value::Integer(i8::from_le_bytes(reader.array()?).into()),
        4 => Value::Integer(i16::from_le_bytes(reader.array()?).into()),
        5 => Value::Integer(i32::from_le_bytes(reader.array()?).into()),
        6 => Value::Integer(i64::from_le_bytes(reader.array()?)),
        7 => Value::Double(f64::from_le_bytes(reader.array()?)),
        8 => {
            let scale = reader.scale()?;
            narrow_decimal(i32::from_le_bytes(reader.array()?).into(), scale)
        }
        9 => {
            let scale = reader.scale()?;
            narrow_decimal(i64::from_le_bytes(reader.array()?).into(), scale)
        }
        10 => {
            let scale = reader.scale()?;
            Value::Decimal { unscaled: i128::from_le_bytes(reader.array()?), precision: 38, scale }
        }
        11 => Value::Date(i32::from_le_bytes(reader.array()?)),
        12 => Value::TimestampTz(i64::from_le_bytes(reader.array()?)),
        13 => Value::Timestamp(i64::from_le_bytes(reader.array()?)),
        14 => Value::Float(f32::from_le_bytes(reader.array()?)),
        15 => {
            let length = reader.count(true)?;
            Value::Binary(reader.take(length)?)
        }
        16 => {
            let length = reader.count(true)?;
            Value::String(reader.string(length)?)
        }
        17 => Value::Time(i64::from_le_bytes(reader.array()?)),
        18 => Value::TimestampTzNs(i64::from_le_bytes(reader.array()?)),
        19 => Value::TimestampNs(i64::from_le_bytes(reader.array()?)),
        20 => Value::Uuid(reader.array()?),
        other => return Err(invalid(format!("it has a value of the unknown type {other}"))),
    })
}

/// DuckDB takes the digits of the number itself for the precision of a decimal of 4 or 8 bytes, and so writes no zero
/// before the point.
fn narrow_decimal<'a>(unscaled: i128, scale: i8) -> Value<'a> {
    let digits = unscaled.unsigned_abs().checked_ilog10().map_or(0, |log| log as u8 + 1);
    Value::Decimal { unscaled, precision: digits, scale }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], FormatError> {
        let (head, rest) = self.bytes.split_at_checked(length).ok_or_else(ends_early)?;
        self.bytes = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let (head, rest) = self.bytes.split_first_chunk().ok_or_else(ends_early)?;
        self.bytes = rest;
        Ok(*head)
    }

    fn scale(&mut self) -> Result<i8, FormatError> {
        match self.array()? {
            [scale @ 0..=38] => Ok(scale.cast_signed()),
            [other] => Err(invalid(format!("it has a decimal of scale {other}"))),
        }
    }

    /// A count of one byte, or of four.
    fn count(&mut self, large: bool) -> Result<usize, FormatError> {
        let width = if large { 4 } else { 1 };
        number(self.take(width)?, 0, width).ok_or_else(ends_early)
    }

    fn numbers(&mut self, count: usize, width: usize) -> Result<&'a [u8], FormatError> {
        self.take(count.checked_mul(width).ok_or_else(ends_early)?)
    }

    fn string(&mut self, length: usize) -> Result<&'a str, FormatError> {
        std::str::from_utf8(self.take(length)?).map_err(|_| invalid("it has a string that is not UTF-8"))
    }

    /// The parts of an object or array: offsets, then the values. A part ends where its own encoding says, so it
    /// gets the bytes up to the end of all parts.
    fn parts(&mut self, count: usize, width: usize) -> Result<Vec<&'a [u8]>, FormatError> {
        let offsets = self.numbers(count.checked_add(1).ok_or_else(ends_early)?, width)?;
        let total = number(offsets, count, width).ok_or_else(ends_early)?;
        let values = self.bytes.get(..total).ok_or_else(ends_early)?;
        (0..count)
            .map(|i| number(offsets, i, width).and_then(|start| values.get(start..)).ok_or_else(ends_early))
            .collect()
    }
}
