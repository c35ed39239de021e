//! The statistics of one leaf column while they are collected.

use arrow::array::{Array, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type, i256,
};

use super::geometry::Extent;
use super::ranges::{Bytes, Floats, Range, scan_bytes, scan_views};
use super::{ColumnStatistics, Source, text};
use crate::{ColumnId, DisplayOptions, FormatError, LakeType, ValueDisplay};

#[derive(Debug, Clone)]
pub(super) struct Leaf {
    id: ColumnId,
    lake_type: LakeType,
    source: Source,
    value_count: u64,
    null_count: u64,
    values: Values,
}

/// What is kept of the values.
#[derive(Debug, Clone)]
enum Values {
    /// Types without statistics.
    Unknown,
    Booleans(Range<bool>),
    /// Integers, decimals and what is stored as such.
    Integers(Range<i128>),
    Wide(Range<i256>),
    Floats(Floats),
    /// Strings and blobs.
    Bytes(Bytes),
    /// Display texts, compared as such.
    Display(Bytes),
    Geometry(Extent),
}

impl Values {
    fn new(lake_type: &LakeType, source: Source) -> Self {
        let inlined = source == Source::Inlined;
        match lake_type {
            LakeType::Boolean => Self::Booleans(Range::default()),
            LakeType::Float32 | LakeType::Float64 => Self::Floats(Floats::default()),
            LakeType::Varchar | LakeType::Json | LakeType::Uuid => Self::Bytes(Bytes::default()),
            // DuckDB writes no bounds of these types from files.
            LakeType::Int128 if inlined => Self::Integers(Range::default()),
            LakeType::UInt128 if inlined => Self::Wide(Range::default()),
            LakeType::Blob | LakeType::TimeTz | LakeType::Interval if inlined => Self::Display(Bytes::default()),
            LakeType::Blob => Self::Bytes(Bytes::default()),
            LakeType::Geometry => Self::Geometry(Extent::default()),
            LakeType::Int128 | LakeType::UInt128 | LakeType::TimeTz | LakeType::Interval | LakeType::Variant => {
                Self::Unknown
            }
            LakeType::List(_) | LakeType::Struct(_) | LakeType::Map(_, _) => Self::Unknown,
            LakeType::Int8
            | LakeType::Int16
            | LakeType::Int32
            | LakeType::Int64
            | LakeType::UInt8
            | LakeType::UInt16
            | LakeType::UInt32
            | LakeType::UInt64
            | LakeType::Decimal { .. }
            | LakeType::Date
            | LakeType::Time
            | LakeType::TimeNs
            | LakeType::Timestamp
            | LakeType::TimestampS
            | LakeType::TimestampMs
            | LakeType::TimestampNs
            | LakeType::TimestampTz
            | LakeType::TimestampTzNs => Self::Integers(Range::default()),
        }
    }
}

impl Leaf {
    pub(super) fn new(id: ColumnId, lake_type: LakeType, source: Source) -> Self {
        let values = Values::new(&lake_type, source);
        Self { id, lake_type, source, value_count: 0, null_count: 0, values }
    }

    pub(super) fn add_counts(&mut self, values: u64, nulls: u64) {
        self.value_count += values;
        self.null_count += nulls;
    }

    /// Adds the values of `array` that `valid` says are there.
    pub(super) fn add_values(&mut self, array: &dyn Array, valid: Option<&NullBuffer>) -> Result<(), FormatError> {
        if valid.map_or(array.len(), |valid| valid.len() - valid.null_count()) == 0 {
            return Ok(());
        }
        match &mut self.values {
            Values::Unknown => {}
            Values::Booleans(range) => {
                let values = array.as_boolean().values();
                runs(array.len(), valid, |start, end| {
                    let run = values.slice(start, end - start);
                    let trues = run.count_set_bits();
                    range.add_both(trues == run.len(), trues > 0);
                });
            }
            Values::Integers(range) => add_integers(array, valid, range),
            Values::Wide(range) => {
                let values = array.as_primitive::<Decimal256Type>().values();
                runs(array.len(), valid, |start, end| values[start..end].iter().for_each(|v| range.add_both(*v, *v)));
            }
            Values::Floats(floats) => match array.data_type() {
                DataType::Float32 => {
                    let values = array.as_primitive::<Float32Type>().values();
                    runs(array.len(), valid, |start, end| floats.add_f32(&values[start..end]));
                }
                _ => {
                    let values = array.as_primitive::<Float64Type>().values();
                    runs(array.len(), valid, |start, end| floats.add_f64(&values[start..end]));
                }
            },
            Values::Bytes(bytes) => match array.data_type() {
                DataType::Utf8View => scan_views(array.as_string_view(), valid, bytes),
                DataType::BinaryView => scan_views(array.as_binary_view(), valid, bytes),
                DataType::Utf8 => scan_bytes(array.as_string::<i32>(), valid, bytes),
                _ => scan_bytes(array.as_binary::<i32>(), valid, bytes),
            },
            Values::Display(texts) => add_display(&self.lake_type, array, valid, texts)?,
            Values::Geometry(extent) => {
                let mut add = |wkb: &[u8]| extent.add(wkb);
                match array.data_type() {
                    DataType::BinaryView => {
                        let values = array.as_binary_view();
                        present(array.len(), valid).try_for_each(|row| add(values.value(row)))?;
                    }
                    _ => {
                        let values = array.as_binary::<i32>();
                        present(array.len(), valid).try_for_each(|row| add(values.value(row)))?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn null_count(&self) -> u64 {
        self.null_count
    }

    /// Least and greatest value of strings or blobs.
    pub(super) fn byte_bounds(&self) -> Option<(&[u8], &[u8])> {
        match &self.values {
            Values::Bytes(bytes) => bytes.as_slices(),
            _ => None,
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.add_counts(other.value_count, other.null_count);
        match (&mut self.values, other.values) {
            (Values::Booleans(range), Values::Booleans(other)) => range.merge(other),
            (Values::Integers(range), Values::Integers(other)) => range.merge(other),
            (Values::Wide(range), Values::Wide(other)) => range.merge(other),
            (Values::Floats(floats), Values::Floats(other)) => floats.merge(other),
            (Values::Bytes(bytes), Values::Bytes(other)) | (Values::Display(bytes), Values::Display(other)) => {
                bytes.merge(other);
            }
            (Values::Geometry(extent), Values::Geometry(other)) => extent.merge(other),
            // Collectors of the same columns keep the same.
            (values, _) => *values = Values::Unknown,
        }
    }

    pub(super) fn finish(self) -> (ColumnId, ColumnStatistics) {
        let is_file = self.source == Source::File;
        let mut contains_nan = None;
        let mut extra_stats = None;
        let bounds = match self.values {
            Values::Unknown => None,
            Values::Booleans(range) => range.bounds().map(|(min, max)| {
                let text = |value: bool| if is_file { u8::from(value).to_string() } else { value.to_string() };
                (Some(text(min)), Some(text(max)))
            }),
            Values::Integers(range) => range
                .bounds()
                .map(|(min, max)| (text::integer(&self.lake_type, min), text::integer(&self.lake_type, max))),
            Values::Wide(range) => range.bounds().map(|(min, max)| (Some(min.to_string()), Some(max.to_string()))),
            Values::Floats(floats) => {
                contains_nan = is_file.then_some(floats.nan.is_some());
                let bounds = if is_file { floats.bounds() } else { floats.bounds_with_nan() };
                bounds.map(|(min, max)| (text::float(&self.lake_type, min), text::float(&self.lake_type, max)))
            }
            Values::Bytes(bytes) => match (bytes.bounds(), is_file) {
                (None, _) => None,
                (Some((min, max)), true) => text::cut_bounds(&self.lake_type, min, max),
                (Some((min, max)), false) => Some((text::plain(min), text::plain(max))),
            },
            Values::Display(texts) => texts.bounds().map(|(min, max)| (text::plain(min), text::plain(max))),
            Values::Geometry(extent) => {
                extra_stats = Some(extent.to_json());
                None
            }
        };
        let (min, max) = bounds.unwrap_or_default();
        let statistics = ColumnStatistics {
            value_count: self.value_count,
            null_count: self.null_count,
            min,
            max,
            contains_nan,
            extra_stats,
        };
        (self.id, statistics)
    }
}

/// Calls `run` for each range of rows that are there.
fn runs(rows: usize, valid: Option<&NullBuffer>, mut run: impl FnMut(usize, usize)) {
    match valid.filter(|valid| valid.null_count() > 0) {
        None if rows == 0 => {}
        None => run(0, rows),
        Some(valid) => valid.valid_slices().for_each(|(start, end)| run(start, end)),
    }
}

/// The rows that are there.
fn present(rows: usize, valid: Option<&NullBuffer>) -> impl Iterator<Item = usize> + '_ {
    (0..rows).filter(move |row| valid.is_none_or(|valid| valid.is_valid(*row)))
}

fn add_integers(array: &dyn Array, valid: Option<&NullBuffer>, range: &mut Range<i128>) {
    macro_rules! match_types {
        ($($data_type:pat => $arrow:ty),+ $(,)?) => {
            match array.data_type() {
                $($data_type => integers_of::<$arrow>(array, valid, range),)+
                // The collector has checked the type.
                _ => {}
            }
        };
    }
    match_types! {
        DataType::Int8 => Int8Type,
        DataType::Int16 => Int16Type,
        DataType::Int32 => Int32Type,
        DataType::Int64 => Int64Type,
        DataType::UInt8 => UInt8Type,
        DataType::UInt16 => UInt16Type,
        DataType::UInt32 => UInt32Type,
        DataType::UInt64 => UInt64Type,
        DataType::Decimal128(_, _) => Decimal128Type,
        DataType::Date32 => Date32Type,
        DataType::Time64(TimeUnit::Microsecond) => Time64MicrosecondType,
        DataType::Time64(TimeUnit::Nanosecond) => Time64NanosecondType,
        DataType::Timestamp(TimeUnit::Second, _) => TimestampSecondType,
        DataType::Timestamp(TimeUnit::Millisecond, _) => TimestampMillisecondType,
        DataType::Timestamp(TimeUnit::Microsecond, _) => TimestampMicrosecondType,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => TimestampNanosecondType,
    }
}

fn integers_of<T: ArrowPrimitiveType>(array: &dyn Array, valid: Option<&NullBuffer>, range: &mut Range<i128>)
where
    T::Native: Ord + Into<i128>,
{
    let values = array.as_primitive::<T>().values();
    let mut found: Option<(T::Native, T::Native)> = None;
    runs(array.len(), valid, |start, end| {
        let run = &values[start..end];
        let Some(first) = run.first() else { return };
        // Without branches, so that the compiler can use vector instructions.
        let (low, high) = found.unwrap_or((*first, *first));
        found = Some(run.iter().fold((low, high), |(low, high), v| (low.min(*v), high.max(*v))));
    });
    if let Some((low, high)) = found {
        range.add_both(low.into(), high.into());
    }
}

fn add_display(
    lake_type: &LakeType,
    array: &dyn Array,
    valid: Option<&NullBuffer>,
    texts: &mut Bytes,
) -> Result<(), FormatError> {
    let field = lake_type.field("");
    let display = ValueDisplay::try_new(array, &field, &DisplayOptions::default())?;
    let mut text = String::new();
    for row in present(array.len(), valid) {
        text.clear();
        display.write(row, &mut text);
        texts.add(text.as_bytes());
    }
    Ok(())
}
