//! DuckDB's own form of variants as the text that it casts them to.
//!
//! A variant is a list of keys, a tree of values (of a type, and with a place in `data`), and for each part of a list or
//! object a child: which key, which value. It is brought into Parquet's encoding, whose text `ducklake-format` knows.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, ListArray, PrimitiveArray, StringViewArray, StructArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{ArrowPrimitiveType, DataType, Field, Fields, UInt8Type, UInt32Type};

use super::variant_text_in_stored_order;
use crate::{FormatError, ValueDisplay};

/// Values nested deeper than this are refused.
const MAX_DEPTH: usize = 256;

/// Longest encoded value: parts may be used more than once.
const MAX_BYTES: usize = 1 << 28;

type Encoded<T> = Result<T, String>;

/// The text of every row of a variant column as DuckDB keeps it in its own files: a struct of `keys`, `children`, `values`
/// and `data`. As [`super::variant_text`] otherwise, but members of objects come in the order in which they are stored.
///
/// # Errors
/// [`FormatError::InvalidBytes`] if the column is none, if its parts do not fit together, if values are nested more than
/// 256 deep, and for values that have no such text (bit strings, numbers beyond 128 bits, geometries).
pub fn duckdb_variant_text(column: &StructArray) -> Result<StringViewArray, FormatError> {
    encoded(column)
        .map_err(|problem| FormatError::invalid_bytes("variant", problem))
        .and_then(|group| variant_text_in_stored_order(&group))
}

/// The column in Parquet's encoding.
fn encoded(column: &StructArray) -> Encoded<StructArray> {
    let parts = Parts::new(column).ok_or("its parts are not those of a variant")?;
    let (mut metadata, mut values) = (BinaryBuilder::new(), BinaryBuilder::new());
    for row in 0..column.len() {
        if column.is_null(row) {
            metadata.append_null();
            values.append_null();
            continue;
        }
        let variant = parts.row(row);
        let mut value = Vec::new();
        variant.value(0, 0, &mut value)?;
        metadata.append_value(variant.dictionary()?);
        values.append_value(value);
    }
    let fields: Fields =
        ["metadata", "value"].into_iter().map(|name| Field::new(name, DataType::Binary, true)).collect();
    let arrays: Vec<ArrayRef> = vec![Arc::new(metadata.finish()), Arc::new(values.finish())];
    let nulls: Option<NullBuffer> = column.nulls().cloned();
    StructArray::try_new(fields, arrays, nulls).map_err(|e| e.to_string())
}

/// The arrays that variants are kept in.
struct Parts<'a> {
    keys: &'a ListArray,
    children: &'a ListArray,
    values: &'a ListArray,
    data: &'a BinaryArray,
}

/// One variant.
struct Variant<'a> {
    keys: ArrayRef,
    key_indexes: Numbers<UInt32Type>,
    value_indexes: Numbers<UInt32Type>,
    types: Numbers<UInt8Type>,
    offsets: Numbers<UInt32Type>,
    data: &'a [u8],
}

struct Numbers<T: ArrowPrimitiveType>(PrimitiveArray<T>);

impl<T: ArrowPrimitiveType> Numbers<T>
where
    T::Native: Into<u32>,
{
    fn get(&self, at: usize) -> Encoded<usize> {
        let is_there = at < self.0.len() && self.0.is_valid(at);
        let value: Option<u32> = is_there.then(|| self.0.value(at).into());
        value.and_then(|value| usize::try_from(value).ok()).ok_or_else(|| "a part of it is missing".to_string())
    }
}

impl<'a> Parts<'a> {
    fn new(column: &'a StructArray) -> Option<Self> {
        let list = |name| column.column_by_name(name)?.as_list_opt::<i32>();
        let pair = |list: &'a ListArray| list.values().as_struct_opt().filter(|pair| pair.num_columns() == 2);
        let (keys, children, values) = (list("keys")?, list("children")?, list("values")?);
        keys.values().as_string_opt::<i32>()?;
        let (child, value) = (pair(children)?, pair(values)?);
        child.column(0).as_primitive_opt::<UInt32Type>().and(child.column(1).as_primitive_opt::<UInt32Type>())?;
        value.column(0).as_primitive_opt::<UInt8Type>()?;
        value.column(1).as_primitive_opt::<UInt32Type>()?;
        Some(Self { keys, children, values, data: column.column_by_name("data")?.as_binary_opt::<i32>()? })
    }

    fn row(&self, row: usize) -> Variant<'a> {
        let (children, values) = (self.children.value(row), self.values.value(row));
        let (children, values) = (children.as_struct(), values.as_struct());
        Variant {
            keys: self.keys.value(row),
            key_indexes: Numbers(children.column(0).as_primitive().clone()),
            value_indexes: Numbers(children.column(1).as_primitive().clone()),
            types: Numbers(values.column(0).as_primitive().clone()),
            offsets: Numbers(values.column(1).as_primitive().clone()),
            data: self.data.value(row),
        }
    }
}

/// Primitive types of Parquet's variants.
mod parquet {
    pub(super) const NULL: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const INT64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const DECIMAL4: u8 = 8;
    pub(super) const DECIMAL8: u8 = 9;
    pub(super) const DECIMAL16: u8 = 10;
    pub(super) const DATE: u8 = 11;
    pub(super) const TIMESTAMP_TZ: u8 = 12;
    pub(super) const TIMESTAMP: u8 = 13;
    pub(super) const FLOAT: u8 = 14;
    pub(super) const BINARY: u8 = 15;
    pub(super) const STRING: u8 = 16;
    pub(super) const TIME: u8 = 17;
    pub(super) const TIMESTAMP_NS: u8 = 19;
    pub(super) const UUID: u8 = 20;
    /// Large objects and lists with numbers of four bytes.
    pub(super) const OBJECT: u8 = (0x1F << 2) | 2;
    pub(super) const ARRAY: u8 = (0x07 << 2) | 3;
}

impl Variant<'_> {
    fn dictionary(&self) -> Encoded<Vec<u8>> {
        let keys = self.keys.as_string::<i32>();
        let mut bytes = vec![0xC1];
        push_u32(keys.len(), &mut bytes)?;
        let mut end = 0;
        push_u32(end, &mut bytes)?;
        for key in keys {
            end += key.unwrap_or_default().len();
            push_u32(end, &mut bytes)?;
        }
        keys.iter().for_each(|key| bytes.extend_from_slice(key.unwrap_or_default().as_bytes()));
        Ok(bytes)
    }

    /// Appends the value with a number. The numbers of types are DuckDB's.
    fn value(&self, index: usize, depth: usize, out: &mut Vec<u8>) -> Encoded<()> {
        use parquet as p;
        if depth > MAX_DEPTH || out.len() > MAX_BYTES {
            return Err("it is nested too deeply or too long".into());
        }
        let mut at = Reader { bytes: self.data, at: self.offsets.get(index)? };
        match self.types.get(index)? {
            0 => primitive(p::NULL, &[], out),
            1 => primitive(p::TRUE, &[], out),
            2 => primitive(p::FALSE, &[], out),
            3 => integer(i8::from_le_bytes(at.take()?).into(), out),
            4 => integer(i16::from_le_bytes(at.take()?).into(), out),
            5 => integer(i32::from_le_bytes(at.take()?).into(), out),
            6 => integer(i64::from_le_bytes(at.take()?).into(), out),
            7 => integer(i128::from_le_bytes(at.take()?), out),
            8 => integer(u8::from_le_bytes(at.take()?).into(), out),
            9 => integer(u16::from_le_bytes(at.take()?).into(), out),
            10 => integer(u32::from_le_bytes(at.take()?).into(), out),
            11 => integer(u64::from_le_bytes(at.take()?).into(), out),
            12 => {
                let value = u128::from_le_bytes(at.take()?);
                match i128::try_from(value) {
                    Ok(value) => integer(value, out),
                    Err(_) => sized(p::STRING, value.to_string().as_bytes(), out)?,
                }
            }
            13 => primitive(p::FLOAT, &at.take::<4>()?, out),
            14 => primitive(p::DOUBLE, &at.take::<8>()?, out),
            15 => at.decimal(out)?,
            16 => sized(p::STRING, at.bytes()?, out)?,
            17 => sized(p::BINARY, at.bytes()?, out)?,
            18 => {
                // Stored as a number that sorts like the text.
                let number = i128::from_le_bytes(at.take()?).cast_unsigned() ^ (1 << 127);
                primitive(p::UUID, &number.to_be_bytes(), out);
            }
            19 => primitive(p::DATE, &at.take::<4>()?, out),
            20 => primitive(p::TIME, &at.take::<8>()?, out),
            22 => at.instant(p::TIMESTAMP, 1_000_000, out)?,
            23 => at.instant(p::TIMESTAMP, 1_000, out)?,
            24 => primitive(p::TIMESTAMP, &at.take::<8>()?, out),
            25 => primitive(p::TIMESTAMP_NS, &at.take::<8>()?, out),
            27 => primitive(p::TIMESTAMP_TZ, &at.take::<8>()?, out),
            28 => sized(p::STRING, at.interval()?.as_bytes(), out)?,
            29 => self.object(&mut at, depth, out)?,
            30 => self.array(&mut at, depth, out)?,
            other => return Err(format!("it holds a value of DuckDB's type {other}, which is not supported")),
        }
        Ok(())
    }

    fn object(&self, at: &mut Reader<'_>, depth: usize, out: &mut Vec<u8>) -> Encoded<()> {
        let keys = self.keys.as_string::<i32>();
        let mut members = Vec::new();
        for child in at.children()? {
            let key = self.key_indexes.get(child)?;
            if key >= keys.len() {
                return Err("a key of it is missing".into());
            }
            members.push((key, self.value_indexes.get(child)?));
        }
        out.push(parquet::OBJECT);
        push_u32(members.len(), out)?;
        for (key, _) in &members {
            push_u32(*key, out)?;
        }
        self.items(members.iter().map(|(_, value)| *value), depth, out)
    }

    fn array(&self, at: &mut Reader<'_>, depth: usize, out: &mut Vec<u8>) -> Encoded<()> {
        let items = at.children()?.map(|child| self.value_indexes.get(child)).collect::<Encoded<Vec<_>>>()?;
        out.push(parquet::ARRAY);
        push_u32(items.len(), out)?;
        self.items(items.into_iter(), depth, out)
    }

    /// Where each item ends, and the items.
    fn items(&self, items: impl Iterator<Item = usize>, depth: usize, out: &mut Vec<u8>) -> Encoded<()> {
        let mut bytes = Vec::new();
        push_u32(0, out)?;
        for item in items {
            self.value(item, depth + 1, &mut bytes)?;
            push_u32(bytes.len(), out)?;
        }
        out.extend_from_slice(&bytes);
        Ok(())
    }
}

fn push_u32(number: usize, out: &mut Vec<u8>) -> Encoded<()> {
    let number = u32::try_from(number).map_err(|_| "it is too long".to_string())?;
    out.extend_from_slice(&number.to_le_bytes());
    Ok(())
}

fn primitive(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind << 2);
    out.extend_from_slice(bytes);
}

fn sized(kind: u8, bytes: &[u8], out: &mut Vec<u8>) -> Encoded<()> {
    out.push(kind << 2);
    push_u32(bytes.len(), out)?;
    out.extend_from_slice(bytes);
    Ok(())
}

fn integer(value: i128, out: &mut Vec<u8>) {
    match i64::try_from(value) {
        Ok(value) => primitive(parquet::INT64, &value.to_le_bytes(), out),
        // Whole numbers of any length: decimals of scale 0.
        Err(_) => {
            out.extend_from_slice(&[parquet::DECIMAL16 << 2, 0]);
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// Bytes from some place in `data` on.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn slice(&mut self, length: usize) -> Encoded<&'a [u8]> {
        let end = self.at.checked_add(length);
        let found = end.and_then(|end| self.bytes.get(self.at..end)).ok_or("its bytes end too early")?;
        self.at += length;
        Ok(found)
    }

    fn take<const N: usize>(&mut self) -> Encoded<[u8; N]> {
        self.slice(N)?.try_into().map_err(|_| "its bytes end too early".to_string())
    }

    /// A number of seven bits a byte, the lowest first.
    fn number(&mut self) -> Encoded<usize> {
        let mut number = 0_u32;
        for shift in (0..32).step_by(7) {
            let [byte] = self.take()?;
            number |= u32::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(number).map_err(|_| "it is too long".to_string());
            }
        }
        Err("a number in it does not end".into())
    }

    fn bytes(&mut self) -> Encoded<&'a [u8]> {
        let length = self.number()?;
        self.slice(length)
    }

    /// The numbers of a nested value's children.
    fn children(&mut self) -> Encoded<std::ops::Range<usize>> {
        let length = self.number()?;
        let first = if length > 0 { self.number()? } else { 0 };
        first.checked_add(length).map(|end| first..end).ok_or_else(|| "it is too long".to_string())
    }

    fn instant(&mut self, kind: u8, micros: i64, out: &mut Vec<u8>) -> Encoded<()> {
        let value = i64::from_le_bytes(self.take()?);
        // The infinities are the same numbers in all units.
        let is_infinite = value.unsigned_abs() == i64::MAX.unsigned_abs();
        let scaled = if is_infinite { Some(value) } else { value.checked_mul(micros) };
        let scaled = scaled.ok_or_else(|| "a timestamp in it is out of range".to_string())?;
        primitive(kind, &scaled.to_le_bytes(), out);
        Ok(())
    }

    fn decimal(&mut self, out: &mut Vec<u8>) -> Encoded<()> {
        let (width, scale) = (self.number()?, self.number()?);
        let value = match width {
            0..=4 => i128::from(i16::from_le_bytes(self.take()?)),
            5..=9 => i128::from(i32::from_le_bytes(self.take()?)),
            10..=18 => i128::from(i64::from_le_bytes(self.take()?)),
            _ => i128::from_le_bytes(self.take()?),
        };
        // Decimals of few bytes are printed without a zero before the point, as those are that have no digit there.
        let kind = match width {
            1..=9 if width == scale => parquet::DECIMAL4,
            10..=18 if width == scale => parquet::DECIMAL8,
            _ => parquet::DECIMAL16,
        };
        let scale = u8::try_from(scale).ok().filter(|scale| *scale <= 38).ok_or("a decimal in it has no such scale")?;
        out.extend_from_slice(&[kind << 2, scale]);
        let length = match kind {
            parquet::DECIMAL4 => 4,
            parquet::DECIMAL8 => 8,
            _ => 16,
        };
        out.extend_from_slice(&value.to_le_bytes()[..length]);
        Ok(())
    }

    fn interval(&mut self) -> Encoded<String> {
        use arrow::array::IntervalMonthDayNanoArray;
        use arrow::datatypes::IntervalMonthDayNano;
        let (months, days) = (i32::from_le_bytes(self.take()?), i32::from_le_bytes(self.take()?));
        let nanos = i64::from_le_bytes(self.take()?).checked_mul(1_000).ok_or("an interval in it is too long")?;
        let array = IntervalMonthDayNanoArray::from_value(IntervalMonthDayNano::new(months, days, nanos), 1);
        let field = Field::new("", array.data_type().clone(), true);
        let display = ValueDisplay::try_new(&array, &field, &Default::default()).map_err(|e| e.to_string())?;
        let mut text = String::new();
        display.write(0, &mut text);
        Ok(text)
    }
}
