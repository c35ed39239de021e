//! Collecting scalars of every type.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, PrimitiveArray, StringArray, StringViewArray,
};
use arrow::buffer::{BooleanBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalMonthDayNanoType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type, i256,
};

use super::builder::null_buffer;
use super::{Parsed, bytes, interval, number, temporal};
use crate::LakeType;

/// Collects scalars from their unquoted text.
pub(super) trait ScalarBuilder: Send {
    fn len(&self) -> usize;
    fn push_null(&mut self);
    /// Appends a value, or nothing where the text is none.
    fn push_text(&mut self, text: &str) -> Parsed<()>;
    fn truncate(&mut self, rows: usize);
    fn finish(&mut self) -> ArrayRef;
    /// Whether texts are JSON, which has its own rules inside lists.
    fn is_json(&self) -> bool {
        false
    }
}

/// A builder of `lake_type` values in an array of `data_type`, which is its plain or its view type.
pub(super) fn scalar_builder(lake_type: &LakeType, data_type: DataType) -> Box<dyn ScalarBuilder> {
    match lake_type {
        LakeType::Boolean => Box::new(Booleans::default()),
        LakeType::Int8 => primitives::<Int8Type>(data_type, number::parse_integer),
        LakeType::Int16 => primitives::<Int16Type>(data_type, number::parse_integer),
        LakeType::Int32 => primitives::<Int32Type>(data_type, number::parse_integer),
        LakeType::Int64 => primitives::<Int64Type>(data_type, number::parse_integer),
        LakeType::UInt8 => primitives::<UInt8Type>(data_type, number::parse_integer),
        LakeType::UInt16 => primitives::<UInt16Type>(data_type, number::parse_integer),
        LakeType::UInt32 => primitives::<UInt32Type>(data_type, number::parse_integer),
        LakeType::UInt64 => primitives::<UInt64Type>(data_type, number::parse_integer),
        LakeType::Int128 => primitives::<Decimal128Type>(data_type, number::parse_integer),
        LakeType::UInt128 => primitives::<Decimal256Type>(data_type, |text| {
            number::parse_integer::<u128>(text).map(|value| i256::from_parts(value, 0))
        }),
        LakeType::Float32 => primitives::<Float32Type>(data_type, number::parse_float),
        LakeType::Float64 => primitives::<Float64Type>(data_type, number::parse_float),
        LakeType::Decimal { precision, scale } => {
            let (precision, scale) = (*precision, *scale);
            primitives::<Decimal128Type>(data_type, move |text| number::parse_decimal(text, precision, scale))
        }
        LakeType::Varchar | LakeType::Variant => texts(data_type, |text| Ok(Cow::Borrowed(text))),
        LakeType::Json => Box::new(Texts { json: true, ..Texts::new(data_type, |text| Ok(Cow::Borrowed(text))) }),
        LakeType::Uuid => texts(data_type, bytes::canonical_uuid),
        LakeType::TimeTz => texts(data_type, temporal::canonical_timetz),
        LakeType::Blob => Box::new(Blobs::new(data_type, bytes::parse_blob)),
        LakeType::Geometry => Box::new(Blobs::new(data_type, |_| Err("geometry cannot be read from text"))),
        LakeType::Date => primitives::<Date32Type>(data_type, temporal::parse_date),
        LakeType::Time => primitives::<Time64MicrosecondType>(data_type, |text| temporal::parse_time(text, 1_000)),
        LakeType::TimeNs => primitives::<Time64NanosecondType>(data_type, |text| temporal::parse_time(text, 1)),
        LakeType::TimestampS => timestamps::<TimestampSecondType>(data_type, 1_000_000_000),
        LakeType::TimestampMs => timestamps::<TimestampMillisecondType>(data_type, 1_000_000),
        LakeType::Timestamp | LakeType::TimestampTz => timestamps::<TimestampMicrosecondType>(data_type, 1_000),
        LakeType::TimestampNs | LakeType::TimestampTzNs => timestamps::<TimestampNanosecondType>(data_type, 1),
        LakeType::Interval => primitives::<IntervalMonthDayNanoType>(data_type, interval::parse_interval),
        LakeType::List(_) | LakeType::Struct(_) | LakeType::Map(_, _) => {
            texts(data_type, |_| Err("a nested value where a scalar is expected"))
        }
    }
}

fn primitives<T: ArrowPrimitiveType>(
    data_type: DataType,
    parse: impl Fn(&str) -> Parsed<T::Native> + Send + 'static,
) -> Box<dyn ScalarBuilder> {
    Box::new(Primitives::<T, _> { data_type, parse, values: Vec::new(), valid: Vec::new() })
}

fn timestamps<T: ArrowPrimitiveType<Native = i64>>(data_type: DataType, unit_nanos: i64) -> Box<dyn ScalarBuilder> {
    let zoned = matches!(data_type, DataType::Timestamp(_, Some(_)));
    primitives::<T>(data_type, move |text| temporal::parse_timestamp(text, unit_nanos, zoned))
}

fn texts(data_type: DataType, canonical: fn(&str) -> Parsed<Cow<'_, str>>) -> Box<dyn ScalarBuilder> {
    Box::new(Texts::new(data_type, canonical))
}

struct Primitives<T: ArrowPrimitiveType, P> {
    data_type: DataType,
    parse: P,
    values: Vec<T::Native>,
    valid: Vec<bool>,
}

impl<T: ArrowPrimitiveType, P: Fn(&str) -> Parsed<T::Native> + Send> ScalarBuilder for Primitives<T, P> {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn push_null(&mut self) {
        self.values.push(T::Native::default());
        self.valid.push(false);
    }

    fn push_text(&mut self, text: &str) -> Parsed<()> {
        self.values.push((self.parse)(text.trim_ascii())?);
        self.valid.push(true);
        Ok(())
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.valid.truncate(rows);
    }

    fn finish(&mut self) -> ArrayRef {
        let values = ScalarBuffer::from(std::mem::take(&mut self.values));
        let array = PrimitiveArray::<T>::new(values, null_buffer(&mut self.valid));
        Arc::new(array.with_data_type(self.data_type.clone()))
    }
}

#[derive(Default)]
struct Booleans {
    values: Vec<bool>,
    valid: Vec<bool>,
}

impl ScalarBuilder for Booleans {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn push_null(&mut self) {
        self.values.push(false);
        self.valid.push(false);
    }

    fn push_text(&mut self, text: &str) -> Parsed<()> {
        self.values.push(number::parse_boolean(text.trim_ascii())?);
        self.valid.push(true);
        Ok(())
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.valid.truncate(rows);
    }

    fn finish(&mut self) -> ArrayRef {
        let values = BooleanBuffer::from(std::mem::take(&mut self.values));
        Arc::new(BooleanArray::new(values, null_buffer(&mut self.valid)))
    }
}

/// Strings, end to end.
struct Texts {
    data_type: DataType,
    canonical: fn(&str) -> Parsed<Cow<'_, str>>,
    json: bool,
    data: String,
    ends: Vec<usize>,
    valid: Vec<bool>,
}

impl Texts {
    fn new(data_type: DataType, canonical: fn(&str) -> Parsed<Cow<'_, str>>) -> Self {
        Self { data_type, canonical, json: false, data: String::new(), ends: Vec::new(), valid: Vec::new() }
    }
}

impl ScalarBuilder for Texts {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn push_null(&mut self) {
        self.ends.push(self.data.len());
        self.valid.push(false);
    }

    fn push_text(&mut self, text: &str) -> Parsed<()> {
        let text = (self.canonical)(text)?;
        check_batch_bytes(self.data.len(), text.len())?;
        self.data.push_str(&text);
        self.ends.push(self.data.len());
        self.valid.push(true);
        Ok(())
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.valid.truncate(rows);
        self.data.truncate(self.ends.last().copied().unwrap_or(0));
    }

    fn finish(&mut self) -> ArrayRef {
        let (data, ends, valid) =
            (std::mem::take(&mut self.data), std::mem::take(&mut self.ends), std::mem::take(&mut self.valid));
        let values = ranges(&ends).zip(&valid).map(|(range, valid)| valid.then(|| &data[range]));
        match self.data_type {
            DataType::Utf8View => Arc::new(values.collect::<StringViewArray>()),
            _ => Arc::new(values.collect::<StringArray>()),
        }
    }

    fn is_json(&self) -> bool {
        self.json
    }
}

/// Byte strings, end to end.
struct Blobs {
    data_type: DataType,
    parse: fn(&str) -> Parsed<Vec<u8>>,
    data: Vec<u8>,
    ends: Vec<usize>,
    valid: Vec<bool>,
}

impl Blobs {
    fn new(data_type: DataType, parse: fn(&str) -> Parsed<Vec<u8>>) -> Self {
        Self { data_type, parse, data: Vec::new(), ends: Vec::new(), valid: Vec::new() }
    }
}

impl ScalarBuilder for Blobs {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn push_null(&mut self) {
        self.ends.push(self.data.len());
        self.valid.push(false);
    }

    fn push_text(&mut self, text: &str) -> Parsed<()> {
        let bytes = (self.parse)(text)?;
        check_batch_bytes(self.data.len(), bytes.len())?;
        self.data.extend_from_slice(&bytes);
        self.ends.push(self.data.len());
        self.valid.push(true);
        Ok(())
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.valid.truncate(rows);
        self.data.truncate(self.ends.last().copied().unwrap_or(0));
    }

    fn finish(&mut self) -> ArrayRef {
        let (data, ends, valid) =
            (std::mem::take(&mut self.data), std::mem::take(&mut self.ends), std::mem::take(&mut self.valid));
        let values = ranges(&ends).zip(&valid).map(|(range, valid)| valid.then(|| &data[range]));
        match self.data_type {
            DataType::BinaryView => Arc::new(values.collect::<BinaryViewArray>()),
            _ => Arc::new(values.collect::<BinaryArray>()),
        }
    }
}

fn ranges(ends: &[usize]) -> impl Iterator<Item = std::ops::Range<usize>> {
    std::iter::once(0).chain(ends.iter().copied()).zip(ends).map(|(start, end)| start..*end)
}

/// Arrow counts the bytes of an array's strings with 31 bits.
fn check_batch_bytes(present: usize, added: usize) -> Parsed<()> {
    if present.saturating_add(added) > i32::MAX as usize { Err("too many bytes for one batch") } else { Ok(()) }
}
