//! Variants as DuckDB keeps them, as the text that it casts them to: they are put into Parquet's encoding, of which
//! `ducklake_format` makes that text. Members of objects come in the order of their names.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, GenericListArray, IntervalMonthDayNanoArray, StructArray,
    Time64NanosecondArray,
};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Field, IntervalMonthDayNano, UInt8Type, UInt32Type};
use ducklake_format::text::{DisplayOptions, ValueDisplay};
use ducklake_format::variant::variant_text;

use crate::error::{LakeError, Result};

/// Values nested deeper than this are refused.
const MAX_DEPTH: usize = 128;
/// Values of a batch; parts of a corrupt file may refer to each other.
const MAX_VALUES: usize = 1 << 24;

/// The texts of variants: a struct of keys, children, values and data.
pub(super) fn texts(array: &ArrayRef) -> Result<ArrayRef> {
    let variants = Variants::new(array.as_struct())?;
    let (mut metadata, mut values) = (BinaryBuilder::new(), BinaryBuilder::new());
    let mut left = MAX_VALUES;
    for row in 0..array.len() {
        if array.is_null(row) {
            metadata.append_value([]);
            values.append_null();
            continue;
        }
        let (mut encoder, mut value) = (Encoder { variants: &variants, row, left: &mut left }, Vec::new());
        encoder.value(0, 0, &mut value)?;
        metadata.append_value(encoder.dictionary()?);
        values.append_value(value);
    }
    let field = |name: &str| Arc::new(Field::new(name, DataType::Binary, true));
    let columns: Vec<(_, ArrayRef)> =
        vec![(field("metadata"), Arc::new(metadata.finish())), (field("value"), Arc::new(values.finish()))];
    Ok(Arc::new(variant_text(&StructArray::from(columns))?))
}

struct Variants<'a> {
    keys: &'a GenericListArray<i32>,
    key_texts: &'a arrow::array::StringArray,
    children: &'a GenericListArray<i32>,
    child_keys: &'a ScalarBuffer<u32>,
    child_values: &'a ScalarBuffer<u32>,
    values: &'a GenericListArray<i32>,
    kinds: &'a ScalarBuffer<u8>,
    offsets: &'a ScalarBuffer<u32>,
    data: &'a BinaryArray,
}

fn invalid(problem: &str) -> LakeError {
    LakeError::Invalid(format!("a VARIANT value is damaged: {problem}"))
}

fn numbers(array: &StructArray, column: usize) -> Result<&ScalarBuffer<u32>> {
    let column = array.columns().get(column).and_then(|column| column.as_primitive_opt::<UInt32Type>());
    Ok(column.ok_or_else(|| invalid("it has other parts"))?.values())
}

/// The number of an element of a row's list.
fn element(lists: &GenericListArray<i32>, row: usize, number: usize) -> Result<usize> {
    let (start, end) = (lists.value_offsets()[row] as usize, lists.value_offsets()[row + 1] as usize);
    let at = start.checked_add(number).filter(|at| *at < end);
    at.ok_or_else(|| invalid("it refers to what is not there"))
}

impl<'a> Variants<'a> {
    fn new(array: &'a StructArray) -> Result<Self> {
        let other = || invalid("it has other parts");
        let [keys, children, values, data] = array.columns() else { return Err(other()) };
        let list = |array: &'a ArrayRef| array.as_list_opt::<i32>().ok_or_else(other);
        let (keys, children, values) = (list(keys)?, list(children)?, list(values)?);
        let child = children.values().as_struct_opt().ok_or_else(other)?;
        let value = values.values().as_struct_opt().ok_or_else(other)?;
        let kinds = value.columns().first().and_then(|kinds| kinds.as_primitive_opt::<UInt8Type>());
        Ok(Self {
            keys,
            key_texts: keys.values().as_string_opt::<i32>().ok_or_else(other)?,
            children,
            child_keys: numbers(child, 0)?,
            child_values: numbers(child, 1)?,
            values,
            kinds: kinds.ok_or_else(other)?.values(),
            offsets: numbers(value, 1)?,
            data: data.as_binary_opt::<i32>().ok_or_else(other)?,
        })
    }
}

/// Writes the values of a row in Parquet's encoding.
struct Encoder<'a> {
    variants: &'a Variants<'a>,
    row: usize,
    left: &'a mut usize,
}

/// Parquet's numbers of types, with the bits that say that the value has no parts.
const fn primitive(number: u8) -> u8 {
    number << 2
}

impl Encoder<'_> {
    /// All keys of the row in their order.
    fn dictionary(&self) -> Result<Vec<u8>> {
        let offsets = self.variants.keys.value_offsets();
        let keys = offsets[self.row] as usize..offsets[self.row + 1] as usize;
        // Version 1, numbers of four bytes.
        let mut bytes = vec![0xc1];
        bytes.extend((keys.len() as u32).to_le_bytes());
        let mut end = 0_u32;
        bytes.extend(end.to_le_bytes());
        for key in keys.clone() {
            end += self.variants.key_texts.value(key).len() as u32;
            bytes.extend(end.to_le_bytes());
        }
        keys.for_each(|key| bytes.extend(self.variants.key_texts.value(key).as_bytes()));
        Ok(bytes)
    }

    fn value(&mut self, number: usize, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        *self.left = self.left.checked_sub(1).ok_or_else(|| invalid("it has too many values"))?;
        if depth > MAX_DEPTH {
            return Err(invalid("it is nested too deeply"));
        }
        let variants = self.variants;
        let at = element(variants.values, self.row, number)?;
        let (kind, offset) = (variants.kinds[at], variants.offsets[at] as usize);
        let bytes = variants.data.value(self.row).get(offset..).ok_or_else(|| invalid("its bytes are cut"))?;
        match kind {
            29 | 30 => self.parts(kind == 29, bytes, depth, out),
            _ => scalar(kind, bytes, out),
        }
    }

    fn parts(&mut self, is_object: bool, bytes: &[u8], depth: usize, out: &mut Vec<u8>) -> Result<()> {
        let (count, rest) = varint(bytes)?;
        let first = if count == 0 { 0 } else { varint(rest)?.0 };
        let mut parts = Vec::new();
        for number in first..first.saturating_add(count) {
            let child = element(self.variants.children, self.row, number)?;
            let mut value = Vec::new();
            self.value(self.variants.child_values[child] as usize, depth + 1, &mut value)?;
            let key = self.variants.child_keys[child];
            if is_object {
                // It has to be one of the row's.
                element(self.variants.keys, self.row, key as usize)?;
            }
            parts.push((key, value));
        }
        if is_object {
            let text = |key: u32| {
                let at = element(self.variants.keys, self.row, key as usize);
                at.map_or("", |at| self.variants.key_texts.value(at))
            };
            parts.sort_by(|(one, _), (other, _)| text(*one).cmp(text(*other)));
        }
        // Four bytes for each number, and for how many there are.
        out.push(if is_object { 2 | (0b1_1111 << 2) } else { 3 | (0b111 << 2) });
        out.extend((parts.len() as u32).to_le_bytes());
        if is_object {
            parts.iter().for_each(|(key, _)| out.extend(key.to_le_bytes()));
        }
        let mut end = 0_u32;
        out.extend(end.to_le_bytes());
        for (_, value) in &parts {
            end = u32::try_from(value.len()).ok().and_then(|length| end.checked_add(length)).unwrap_or(u32::MAX);
            out.extend(end.to_le_bytes());
        }
        parts.into_iter().for_each(|(_, value)| out.extend(value));
        Ok(())
    }
}

fn scalar(kind: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match kind {
        0 => out.push(primitive(0)),
        1 => out.push(primitive(1)),
        2 => out.push(primitive(2)),
        3 => whole(i8::from_le_bytes(first(bytes)?).into(), out),
        4 => whole(i16::from_le_bytes(first(bytes)?).into(), out),
        5 => whole(i32::from_le_bytes(first(bytes)?).into(), out),
        6 => whole(i64::from_le_bytes(first(bytes)?).into(), out),
        7 => whole(i128::from_le_bytes(first(bytes)?), out),
        8 => whole(u8::from_le_bytes(first(bytes)?).into(), out),
        9 => whole(u16::from_le_bytes(first(bytes)?).into(), out),
        10 => whole(u32::from_le_bytes(first(bytes)?).into(), out),
        11 => whole(u64::from_le_bytes(first(bytes)?).into(), out),
        12 => match i128::try_from(u128::from_le_bytes(first(bytes)?)) {
            Ok(number) => whole(number, out),
            Err(_) => text(&u128::from_le_bytes(first(bytes)?).to_string(), out),
        },
        13 => fixed::<4>(14, bytes, out)?,
        14 => fixed::<8>(7, bytes, out)?,
        15 => decimal(bytes, out)?,
        16 => {
            let bytes = counted(bytes)?;
            text(std::str::from_utf8(bytes).map_err(|_| invalid("a text is not UTF-8"))?, out);
        }
        17 => {
            let bytes = counted(bytes)?;
            out.push(primitive(15));
            out.extend((bytes.len() as u32).to_le_bytes());
            out.extend(bytes);
        }
        18 => {
            out.push(primitive(20));
            // The highest bit is turned over, so that UUIDs are ordered as numbers.
            out.extend((u128::from_le_bytes(first(bytes)?) ^ (1 << 127)).to_be_bytes());
        }
        19 => fixed::<4>(11, bytes, out)?,
        20 => fixed::<8>(17, bytes, out)?,
        21 => shown(&Time64NanosecondArray::from_value(i64::from_le_bytes(first(bytes)?), 1), out)?,
        22 => timestamp(i64::from_le_bytes(first(bytes)?), 1_000_000, out)?,
        23 => timestamp(i64::from_le_bytes(first(bytes)?), 1_000, out)?,
        24 => fixed::<8>(13, bytes, out)?,
        25 => fixed::<8>(19, bytes, out)?,
        27 => fixed::<8>(12, bytes, out)?,
        28 => {
            let [months, days, low, high]: [[u8; 4]; 4] =
                first::<16>(bytes)?.as_chunks().0.try_into().unwrap_or_default();
            let micros = i64::from_le_bytes([low, high].concat().try_into().unwrap_or_default());
            let nanos =
                micros.checked_mul(1000).ok_or_else(|| invalid("an interval exceeds 64 bits of nanoseconds"))?;
            let value = IntervalMonthDayNano::new(i32::from_le_bytes(months), i32::from_le_bytes(days), nanos);
            shown(&IntervalMonthDayNanoArray::from_value(value, 1), out)?;
        }
        other => {
            let name = match other {
                26 => "TIME WITH TIME ZONE".to_string(),
                31 => "BIGNUM".to_string(),
                32 => "BIT".to_string(),
                33 => "GEOMETRY".to_string(),
                other => format!("the unknown kind {other}"),
            };
            return Err(LakeError::NotSupported { what: format!("a VARIANT with a value of {name}"), hint: None });
        }
    }
    Ok(())
}

fn first<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.first_chunk::<N>().copied().ok_or_else(|| invalid("its bytes are cut"))
}

fn varint(bytes: &[u8]) -> Result<(usize, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((value as usize, &bytes[at + 1..]));
        }
    }
    Err(invalid("its bytes are cut"))
}

fn counted(bytes: &[u8]) -> Result<&[u8]> {
    let (length, rest) = varint(bytes)?;
    rest.get(..length).ok_or_else(|| invalid("its bytes are cut"))
}

fn fixed<const N: usize>(number: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    out.push(primitive(number));
    out.extend(first::<N>(bytes)?);
    Ok(())
}

/// What is too large for 64 bits is a decimal without fraction.
fn whole(value: i128, out: &mut Vec<u8>) {
    match i64::try_from(value) {
        Ok(value) => {
            out.push(primitive(6));
            out.extend(value.to_le_bytes());
        }
        Err(_) => {
            out.extend([primitive(10), 0]);
            out.extend(value.to_le_bytes());
        }
    }
}

fn decimal(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let (width, rest) = varint(bytes)?;
    let (scale, rest) = varint(rest)?;
    let scale = u8::try_from(scale).ok().filter(|scale| *scale <= 38).ok_or_else(|| invalid("a decimal's scale"))?;
    let (number, value) = match width {
        0..=4 => (8, i16::from_le_bytes(first(rest)?).into()),
        5..=9 => (8, i32::from_le_bytes(first(rest)?).into()),
        10..=18 => (9, i64::from_le_bytes(first(rest)?).into()),
        _ => (10, i128::from_le_bytes(first(rest)?)),
    };
    out.extend([primitive(number), scale]);
    let length = 4 << (number - 8);
    out.extend(&value.to_le_bytes()[..length]);
    Ok(())
}

fn timestamp(value: i64, micros: i64, out: &mut Vec<u8>) -> Result<()> {
    let value = match value {
        // Infinities.
        i64::MAX => i64::MAX,
        value if value == -i64::MAX => -i64::MAX,
        value => value.checked_mul(micros).ok_or_else(|| invalid("a timestamp exceeds 64 bits of microseconds"))?,
    };
    fixed::<8>(13, &value.to_le_bytes(), out)
}

fn text(text: &str, out: &mut Vec<u8>) {
    out.push(primitive(16));
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

/// Values that Parquet has no type for.
fn shown(array: &dyn Array, out: &mut Vec<u8>) -> Result<()> {
    let field = Field::new("value", array.data_type().clone(), true);
    let mut shown = String::new();
    ValueDisplay::try_new(array, &field, &DisplayOptions::default())?.write(0, &mut shown);
    text(&shown, out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parquet(kind: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        scalar(kind, bytes, &mut out).unwrap();
        out
    }

    #[test]
    fn scalars() {
        assert_eq!(parquet(3, &[0xff]), [&[primitive(6)][..], &[0xff; 8]].concat());
        assert_eq!(parquet(16, b"\x02hi"), [&[primitive(16), 2, 0, 0, 0][..], b"hi"].concat());
        assert_eq!(parquet(15, &[4, 2, 0x10, 0]), [primitive(8), 2, 0x10, 0, 0, 0]);
        assert!(scalar(6, &[1, 2], &mut Vec::new()).is_err());
        assert!(scalar(16, &[9, b'x'], &mut Vec::new()).is_err());
        assert!(scalar(99, &[], &mut Vec::new()).is_err());
    }
}
