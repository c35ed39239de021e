//! Printers of values without parts.

use std::fmt::Write;
use std::str::FromStr;

use arrow::array::{Array, ArrayAccessor, AsArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType, Field, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTimeType, IntervalMonthDayNanoType,
    IntervalUnit, IntervalYearMonthType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::interval::push_interval;
use super::number::{push_decimal, push_float32, push_float64, push_wide_decimal};
use super::temporal::{push_date, push_time, push_timestamp};
use super::{DisplayOptions, Embedding, Printer, text_of};
use crate::types::{TYPE_METADATA_KEY, TypeName};
use crate::{FormatError, LakeType};

/// What a scalar becomes in JSON.
#[derive(Clone, Copy)]
enum JsonForm {
    Text,
    Boolean,
    /// A number where the text is one in JSON too (not `nan`, `inf`).
    Number,
}

/// Prints an array whose values the closure can write.
struct Leaf<'a, A: ?Sized, W> {
    array: &'a A,
    json: JsonForm,
    embedding: Embedding,
    write: W,
}

impl<A: Array + ?Sized, W: Fn(usize, &mut String)> Printer for Leaf<'_, A, W> {
    fn is_null(&self, row: usize) -> bool {
        self.array.is_null(row)
    }

    fn write(&self, row: usize, out: &mut String) {
        (self.write)(row, out);
    }

    fn json(&self, row: usize) -> serde_json::Value {
        let text = text_of(self, row);
        match self.json {
            JsonForm::Text => serde_json::Value::String(text),
            JsonForm::Boolean => serde_json::Value::Bool(text == "true"),
            JsonForm::Number => match serde_json::Number::from_str(&text) {
                Ok(number) => serde_json::Value::Number(number),
                Err(_) => serde_json::Value::String(text),
            },
        }
    }

    fn embedding(&self) -> Embedding {
        self.embedding
    }
}

/// A column of NULLs without values.
struct Nothing;

impl Printer for Nothing {
    fn is_null(&self, _row: usize) -> bool {
        true
    }

    fn write(&self, _row: usize, out: &mut String) {
        out.push_str("NULL");
    }

    fn json(&self, _row: usize) -> serde_json::Value {
        serde_json::Value::Null
    }

    fn embedding(&self) -> Embedding {
        Embedding::Bare
    }
}

/// The printer of an array that is not nested.
pub(super) fn resolve<'a>(
    array: &'a dyn Array,
    field: &Field,
    options: &DisplayOptions,
) -> Result<Box<dyn Printer + 'a>, FormatError> {
    let declared = match field.metadata().get(TYPE_METADATA_KEY).map(|name| TypeName::parse(name)) {
        Some(Ok(TypeName::Leaf(leaf))) => Some(leaf),
        _ => None,
    };
    Ok(match array.data_type() {
        DataType::Null => Box::new(Nothing),
        DataType::Boolean => {
            let values = array.as_boolean();
            leaf(values, JsonForm::Boolean, Embedding::Bare, move |row, out| {
                out.push_str(if values.value(row) { "true" } else { "false" });
            })
        }
        DataType::Int8 => integer::<Int8Type>(array),
        DataType::Int16 => integer::<Int16Type>(array),
        DataType::Int32 => integer::<Int32Type>(array),
        DataType::Int64 => integer::<Int64Type>(array),
        DataType::UInt8 => integer::<UInt8Type>(array),
        DataType::UInt16 => integer::<UInt16Type>(array),
        DataType::UInt32 => integer::<UInt32Type>(array),
        DataType::UInt64 => integer::<UInt64Type>(array),
        DataType::Float16 => number::<Float16Type>(array, |v, out| push_float32(out, v.to_f32())),
        DataType::Float32 => number::<Float32Type>(array, |v, out| push_float32(out, v)),
        DataType::Float64 => number::<Float64Type>(array, |v, out| push_float64(out, v)),
        DataType::Decimal32(p, s) => decimal::<Decimal32Type>(array, declared.as_ref(), *p, *s),
        DataType::Decimal64(p, s) => decimal::<Decimal64Type>(array, declared.as_ref(), *p, *s),
        DataType::Decimal128(p, s) => decimal::<Decimal128Type>(array, declared.as_ref(), *p, *s),
        DataType::Decimal256(p, s) => {
            let (p, s) = (*p, *s);
            primitive::<Decimal256Type>(array, decimal_json(declared.as_ref()), Embedding::Bare, move |v, out| {
                push_wide_decimal(out, v, p, s);
            })
        }
        DataType::Utf8 => text(array.as_string::<i32>(), declared.as_ref()),
        DataType::LargeUtf8 => text(array.as_string::<i64>(), declared.as_ref()),
        DataType::Utf8View => text(array.as_string_view(), declared.as_ref()),
        DataType::Binary => bytes(array.as_binary::<i32>(), declared.as_ref()),
        DataType::LargeBinary => bytes(array.as_binary::<i64>(), declared.as_ref()),
        DataType::BinaryView => bytes(array.as_binary_view(), declared.as_ref()),
        DataType::FixedSizeBinary(_) => bytes(array.as_fixed_size_binary(), declared.as_ref()),
        DataType::Date32 => quoted::<Date32Type>(array, |v, out| push_date(out, v)),
        DataType::Date64 => quoted::<Date64Type>(array, |v, out| {
            let days = v.div_euclid(86_400_000);
            push_date(out, i32::try_from(days).unwrap_or(if days < 0 { -i32::MAX } else { i32::MAX }));
        }),
        DataType::Time32(TimeUnit::Second) => time::<Time32SecondType>(array, declared.as_ref(), 0),
        DataType::Time32(_) => time::<Time32MillisecondType>(array, declared.as_ref(), 3),
        DataType::Time64(TimeUnit::Nanosecond) => time::<Time64NanosecondType>(array, declared.as_ref(), 9),
        DataType::Time64(_) => time::<Time64MicrosecondType>(array, declared.as_ref(), 6),
        DataType::Timestamp(unit, zone) => {
            let zone = zone.as_ref().map(|_| options.time_zone);
            match unit {
                TimeUnit::Second => quoted::<TimestampSecondType>(array, move |v, out| push_timestamp(out, v, 0, zone)),
                TimeUnit::Millisecond => {
                    quoted::<TimestampMillisecondType>(array, move |v, out| push_timestamp(out, v, 3, zone))
                }
                TimeUnit::Microsecond => {
                    quoted::<TimestampMicrosecondType>(array, move |v, out| push_timestamp(out, v, 6, zone))
                }
                TimeUnit::Nanosecond => {
                    quoted::<TimestampNanosecondType>(array, move |v, out| push_timestamp(out, v, 9, zone))
                }
            }
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            quoted::<IntervalYearMonthType>(array, |v, out| push_interval(out, i64::from(v), 0, 0))
        }
        DataType::Interval(IntervalUnit::DayTime) => quoted::<IntervalDayTimeType>(array, |v, out| {
            push_interval(out, 0, i64::from(v.days), i128::from(v.milliseconds) * 1_000_000);
        }),
        DataType::Interval(IntervalUnit::MonthDayNano) => quoted::<IntervalMonthDayNanoType>(array, |v, out| {
            push_interval(out, i64::from(v.months), i64::from(v.days), i128::from(v.nanoseconds));
        }),
        DataType::Duration(unit) => match unit {
            TimeUnit::Second => duration::<DurationSecondType>(array, 1_000_000_000),
            TimeUnit::Millisecond => duration::<DurationMillisecondType>(array, 1_000_000),
            TimeUnit::Microsecond => duration::<DurationMicrosecondType>(array, 1_000),
            TimeUnit::Nanosecond => duration::<DurationNanosecondType>(array, 1),
        },
        other => return foreign(array, other),
    })
}

fn leaf<'a, A, W>(array: &'a A, json: JsonForm, embedding: Embedding, write: W) -> Box<dyn Printer + 'a>
where
    A: Array + ?Sized,
    W: Fn(usize, &mut String) + 'a,
{
    Box::new(Leaf { array, json, embedding, write })
}

fn primitive<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    json: JsonForm,
    embedding: Embedding,
    write: impl Fn(T::Native, &mut String) + 'a,
) -> Box<dyn Printer + 'a> {
    let values: &'a PrimitiveArray<T> = array.as_primitive::<T>();
    leaf(values, json, embedding, move |row, out| write(values.value(row), out))
}

fn number<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    write: impl Fn(T::Native, &mut String) + 'a,
) -> Box<dyn Printer + 'a> {
    primitive::<T>(array, JsonForm::Number, Embedding::Bare, write)
}

fn quoted<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    write: impl Fn(T::Native, &mut String) + 'a,
) -> Box<dyn Printer + 'a> {
    primitive::<T>(array, JsonForm::Text, Embedding::Quoted, write)
}

fn integer<T: ArrowPrimitiveType>(array: &dyn Array) -> Box<dyn Printer + '_>
where
    T::Native: std::fmt::Display,
{
    number::<T>(array, |v, out| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{v}");
    })
}

fn decimal<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    declared: Option<&LakeType>,
    precision: u8,
    scale: i8,
) -> Box<dyn Printer + 'a>
where
    T::Native: Into<i128>,
{
    primitive::<T>(array, decimal_json(declared), Embedding::Bare, move |v, out| {
        push_decimal(out, v.into(), precision, scale);
    })
}

/// Decimals of scale 0 also stand for the 128-bit integers, which are numbers in JSON.
fn decimal_json(declared: Option<&LakeType>) -> JsonForm {
    match declared {
        Some(LakeType::Int128 | LakeType::UInt128) => JsonForm::Number,
        _ => JsonForm::Text,
    }
}

fn time<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    declared: Option<&LakeType>,
    digits: u32,
) -> Box<dyn Printer + 'a>
where
    T::Native: Into<i64>,
{
    // Data files hold timetz in UTC, without the offset it was written with.
    let suffix = if declared == Some(&LakeType::TimeTz) { "+00" } else { "" };
    quoted::<T>(array, move |v, out| {
        push_time(out, v.into(), digits);
        out.push_str(suffix);
    })
}

fn duration<T: ArrowPrimitiveType>(array: &dyn Array, nanos: i128) -> Box<dyn Printer + '_>
where
    T::Native: Into<i64>,
{
    quoted::<T>(array, move |v, out| push_interval(out, 0, 0, i128::from(v.into()) * nanos))
}

fn text<'a, A>(array: &'a A, declared: Option<&LakeType>) -> Box<dyn Printer + 'a>
where
    A: Array,
    &'a A: ArrayAccessor<Item = &'a str>,
{
    let embedding = if declared == Some(&LakeType::Json) { Embedding::Json } else { Embedding::Quoted };
    leaf(array, JsonForm::Text, embedding, move |row, out| out.push_str(array.value(row)))
}

fn bytes<'a, A>(array: &'a A, declared: Option<&LakeType>) -> Box<dyn Printer + 'a>
where
    A: Array,
    &'a A: ArrayAccessor<Item = &'a [u8]>,
{
    let push: fn(&mut String, &[u8]) = match declared {
        Some(LakeType::Uuid) => push_uuid,
        Some(LakeType::Geometry) => push_geometry,
        _ => push_blob,
    };
    leaf(array, JsonForm::Text, Embedding::Quoted, move |row, out| push(out, array.value(row)))
}

/// Printable ASCII as it is, other bytes, quotes and backslash as `\xHH`.
fn push_blob(out: &mut String, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.reserve(bytes.len());
    for byte in bytes {
        match byte {
            b'\'' | b'"' | b'\\' | 0..=31 | 127.. => {
                out.push_str("\\x");
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
            _ => out.push(char::from(*byte)),
        }
    }
}

fn push_uuid(out: &mut String, bytes: &[u8]) {
    match uuid::Uuid::from_slice(bytes) {
        Ok(uuid) => out.push_str(uuid.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer())),
        Err(_) => push_blob(out, bytes),
    }
}

fn push_geometry(out: &mut String, bytes: &[u8]) {
    match crate::geometry::wkt(bytes) {
        Ok(text) => out.push_str(&text),
        Err(_) => push_blob(out, bytes),
    }
}

/// Arrow types that DuckLake has no counterpart for print as Arrow itself prints them.
fn foreign<'a>(array: &'a dyn Array, data_type: &DataType) -> Result<Box<dyn Printer + 'a>, FormatError> {
    static OPTIONS: FormatOptions<'static> = FormatOptions::new();
    let formatter = ArrayFormatter::try_new(array, &OPTIONS)
        .map_err(|_| FormatError::UnknownType { text: data_type.to_string() })?;
    Ok(leaf(array, JsonForm::Text, Embedding::Quoted, move |row, out| {
        // An error leaves what was written so far.
        let _ = formatter.value(row).write(out);
    }))
}
