//! Results in the types that files hold, so that any reader opens them.
//!
//! Views and dictionaries become plain arrays and `timetz`, which is text here, a time of day. Parquet, which lacks
//! some of Arrow's types, gets what DuckDB would write: intervals as 12 bytes, uuids as 16, no seconds or durations.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryBuilder, FixedSizeListArray, GenericListArray, Int64Array, MapArray,
    OffsetSizeTrait, StructArray, Time64MicrosecondArray, TimestampMillisecondArray,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DataType, Field, FieldRef, Fields, Int64Type, IntervalMonthDayNanoType, IntervalUnit, Schema, SchemaRef, TimeUnit,
};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ducklake_format::types::TYPE_METADATA_KEY;

/// What the result is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Arrow,
    Parquet,
}

/// Converts the batches of one result.
pub(super) struct Exporter {
    kind: FileKind,
    schema: SchemaRef,
}

impl Exporter {
    pub(super) fn new(kind: FileKind, schema: &Schema) -> Self {
        let fields: Fields = schema.fields().iter().map(|f| kind.field(f)).collect();
        Self { kind, schema: Arc::new(Schema::new(fields)) }
    }

    /// The schema of the converted batches.
    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// # Errors
    /// If a value has no counterpart in the file's type.
    pub(super) fn convert(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = batch.columns().iter().zip(batch.schema_ref().fields());
        let columns = columns.map(|(array, field)| self.kind.array(array, field)).collect::<Result<_, _>>()?;
        RecordBatch::try_new(self.schema(), columns)
    }
}

/// The DuckLake type that a field's metadata names, if it names one.
pub(super) fn noted_type(field: &Field) -> Option<&str> {
    field.metadata().get(TYPE_METADATA_KEY).map(String::as_str)
}

const MICROSECOND_TIME: DataType = DataType::Time64(TimeUnit::Microsecond);
const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
const INTERVAL_BYTES: i32 = 12;
const UUID_BYTES: i32 = 16;

impl FileKind {
    fn is_parquet(self) -> bool {
        self == Self::Parquet
    }

    fn field(self, field: &Field) -> FieldRef {
        let data_type = self.data_type(field);
        let mut metadata = field.metadata().clone();
        if data_type == DataType::FixedSizeBinary(INTERVAL_BYTES) && is_interval(field.data_type()) {
            metadata.insert(TYPE_METADATA_KEY.to_string(), "interval".to_string());
        } else if data_type == MICROSECOND_TIME && !self.is_parquet() {
            metadata.remove(TYPE_METADATA_KEY);
        }
        Arc::new(field.clone().with_data_type(data_type).with_metadata(metadata))
    }

    /// The type that the field's values have in the file.
    fn data_type(self, field: &Field) -> DataType {
        let note = noted_type(field);
        match plain(field.data_type()) {
            DataType::Utf8 | DataType::LargeUtf8 if note == Some("timetz") => MICROSECOND_TIME,
            DataType::Utf8 if note == Some("uuid") && self.is_parquet() => DataType::FixedSizeBinary(UUID_BYTES),
            DataType::Interval(_) | DataType::Duration(_) if self.is_parquet() => {
                DataType::FixedSizeBinary(INTERVAL_BYTES)
            }
            DataType::Timestamp(TimeUnit::Second, zone) if self.is_parquet() => {
                DataType::Timestamp(TimeUnit::Millisecond, zone)
            }
            DataType::Time32(TimeUnit::Second) if self.is_parquet() => DataType::Time32(TimeUnit::Millisecond),
            DataType::List(child) => DataType::List(self.field(&child)),
            DataType::LargeList(child) => DataType::LargeList(self.field(&child)),
            DataType::FixedSizeList(child, size) => DataType::FixedSizeList(self.field(&child), size),
            DataType::Struct(fields) => DataType::Struct(fields.iter().map(|f| self.field(f)).collect()),
            DataType::Map(entries, sorted) => DataType::Map(self.field(&entries), sorted),
            other => other,
        }
    }

    fn array(self, array: &ArrayRef, field: &Field) -> Result<ArrayRef, ArrowError> {
        let plain_type = plain(field.data_type());
        let array = &cast(array, &plain_type)?;
        let target = self.data_type(field);
        Ok(match (&plain_type, &target) {
            (DataType::List(child), DataType::List(to)) => self.list::<i32>(array, child, to)?,
            (DataType::LargeList(child), DataType::LargeList(to)) => self.list::<i64>(array, child, to)?,
            (DataType::FixedSizeList(child, size), DataType::FixedSizeList(to, _)) => {
                let list = array.as_fixed_size_list();
                let values = self.array(list.values(), child)?;
                Arc::new(FixedSizeListArray::try_new(Arc::clone(to), *size, values, list.nulls().cloned())?)
            }
            (DataType::Struct(_), DataType::Struct(to)) => Arc::new(self.structs(array.as_struct(), to)?),
            (DataType::Map(_, _), DataType::Map(to, sorted)) => {
                let map = array.as_map();
                let DataType::Struct(entry_fields) = to.data_type() else { return cast(array, &target) };
                let entries = self.structs(map.entries(), entry_fields)?;
                let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
                Arc::new(MapArray::try_new(Arc::clone(to), offsets, entries, nulls, *sorted)?)
            }
            (DataType::Interval(_) | DataType::Duration(_), DataType::FixedSizeBinary(_)) => interval_bytes(array)?,
            (DataType::Utf8, DataType::FixedSizeBinary(_)) => uuid_bytes(array)?,
            (DataType::Utf8 | DataType::LargeUtf8, DataType::Time64(_)) => times_of_day(array, self.is_parquet())?,
            (DataType::Timestamp(TimeUnit::Second, zone), DataType::Timestamp(TimeUnit::Millisecond, _)) => {
                let seconds = cast(array, &DataType::Int64)?;
                let millis = milliseconds(seconds.as_primitive::<Int64Type>())?;
                Arc::new(millis.with_timezone_opt(zone.clone()))
            }
            _ => cast(array, &target)?,
        })
    }

    fn list<O: OffsetSizeTrait>(self, array: &ArrayRef, child: &Field, to: &FieldRef) -> Result<ArrayRef, ArrowError> {
        let list = array.as_list::<O>();
        let values = self.array(list.values(), child)?;
        let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
        Ok(Arc::new(GenericListArray::try_new(Arc::clone(to), offsets, values, nulls)?))
    }

    fn structs(self, array: &StructArray, to: &Fields) -> Result<StructArray, ArrowError> {
        let children = array.columns().iter().zip(array.fields());
        let children = children.map(|(child, field)| self.array(child, field)).collect::<Result<_, _>>()?;
        StructArray::try_new_with_length(to.clone(), children, array.nulls().cloned(), array.len())
    }
}

fn is_interval(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Interval(_) | DataType::Duration(_))
}

/// The type without views, dictionaries and other encodings, at its outermost level.
fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        DataType::ListView(child) => DataType::List(Arc::clone(child)),
        DataType::LargeListView(child) => DataType::LargeList(Arc::clone(child)),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        other => other.clone(),
    }
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    // Not "safe": a value that does not fit is an error, never a NULL.
    cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })
}

/// Months, days and milliseconds, each 32 bits little-endian and unsigned: Parquet's INTERVAL. Microseconds are cut
/// off, as DuckDB does.
fn interval_bytes(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let intervals = cast(array, &INTERVAL)?;
    let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
    let mut bytes = FixedSizeBinaryBuilder::with_capacity(intervals.len(), INTERVAL_BYTES);
    for interval in intervals {
        let Some(interval) = interval else {
            bytes.append_null();
            continue;
        };
        let parts = [i64::from(interval.months), i64::from(interval.days), interval.nanoseconds.div_euclid(1_000_000)];
        let mut value = [0; INTERVAL_BYTES as usize];
        for (part, slot) in parts.into_iter().zip(value.chunks_exact_mut(4)) {
            let part = u32::try_from(part).map_err(|_| {
                ArrowError::CastError(
                    "Parquet has no intervals that are negative or longer than 49 days of hours".into(),
                )
            })?;
            slot.copy_from_slice(&part.to_le_bytes());
        }
        bytes.append_value(value)?;
    }
    Ok(Arc::new(bytes.finish()))
}

fn uuid_bytes(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let texts = array.as_string::<i32>();
    let mut bytes = FixedSizeBinaryBuilder::with_capacity(texts.len(), UUID_BYTES);
    for text in texts {
        let Some(text) = text else {
            bytes.append_null();
            continue;
        };
        let digits = text.replace('-', "");
        let value = (digits.len() == 32).then(|| u128::from_str_radix(&digits, 16).ok()).flatten();
        let value = value.ok_or_else(|| ArrowError::CastError(format!("'{text}' is not a uuid")))?;
        bytes.append_value(value.to_be_bytes())?;
    }
    Ok(Arc::new(bytes.finish()))
}

/// Milliseconds of seconds, infinities (the greatest number and its negative) kept.
fn milliseconds(seconds: &Int64Array) -> Result<TimestampMillisecondArray, ArrowError> {
    seconds.try_unary(|s| match s {
        i64::MAX => Ok(s),
        s if s == -i64::MAX => Ok(s),
        s => s.checked_mul(1000).ok_or_else(|| ArrowError::CastError(format!("timestamp {s} s is out of range"))),
    })
}

/// The time of day of each `timetz` text: the local one, as DuckDB exports it to Arrow, or the one at UTC, as it
/// writes Parquet.
fn times_of_day(array: &ArrayRef, at_utc: bool) -> Result<ArrayRef, ArrowError> {
    let texts = cast(array, &DataType::Utf8)?;
    let parse = |text: Option<&str>| {
        let time = |text: &str| {
            parse_timetz(text, at_utc).ok_or_else(|| ArrowError::CastError(format!("'{text}' is not a timetz")))
        };
        text.map(time).transpose()
    };
    let times: Vec<Option<i64>> = texts.as_string::<i32>().iter().map(parse).collect::<Result<_, _>>()?;
    Ok(Arc::new(Time64MicrosecondArray::from(times)))
}

const DAY: i64 = 86_400_000_000;

/// Microseconds since midnight of `12:30:00.5+05:30`.
fn parse_timetz(text: &str, at_utc: bool) -> Option<i64> {
    let split = text.find(['+', '-']).unwrap_or(text.len());
    let (local, offset) = text.split_at(split);
    let local = clock_micros(local)?;
    if !at_utc || offset.is_empty() {
        return Some(local);
    }
    let shift = clock_micros(&offset[1..])?;
    let shift = if offset.starts_with('-') { -shift } else { shift };
    Some(if local == DAY && shift == 0 { DAY } else { (local - shift).rem_euclid(DAY) })
}

/// Microseconds of `hh[:mm[:ss[.ffffff]]]`.
fn clock_micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut micros = 0;
    let mut unit = 3_600_000_000;
    for part in whole.split(':') {
        if unit == 0 || part.len() != 2 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        micros += part.parse::<i64>().ok()? * unit;
        unit = if unit == 1_000_000 { 0 } else { unit / 60 };
    }
    if fraction.len() > 6 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(micros + format!("{fraction:0<6}").parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        DurationMicrosecondArray, IntervalMonthDayNanoArray, ListArray, StringArray, StringViewArray, new_null_array,
    };
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::IntervalMonthDayNano;
    use ducklake_format::LakeType;
    use ducklake_format::types::TypeName;

    use super::*;

    fn export(kind: FileKind, field: Field, array: ArrayRef) -> Result<RecordBatch, ArrowError> {
        let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array])?;
        Exporter::new(kind, batch.schema_ref()).convert(&batch)
    }

    #[test]
    fn timetz_text_is_a_time_of_day() {
        for (text, local, utc) in [
            ("12:30:00+05:30", 45_000_000_000, 25_200_000_000),
            ("00:30:00.5+01", 1_800_500_000, DAY - 1_799_500_000),
            ("24:00:00+00", DAY, DAY),
            ("23:00:00-15:59:59", 82_800_000_000, (82_800_000_000 + 57_599_000_000) % DAY),
        ] {
            assert_eq!(parse_timetz(text, false), Some(local), "{text}");
            assert_eq!(parse_timetz(text, true), Some(utc), "{text}");
        }
        for bad in ["", "noon", "1:2:3", "12:30:00.1234567", "12:30:00+1", "12:00:00:00", "12:€0"] {
            assert_eq!(parse_timetz(bad, true), None, "{bad}");
        }
    }

    #[test]
    fn views_are_plain_even_inside_lists() {
        let child = Arc::new(LakeType::TimeTz.field("element"));
        let values = Arc::new(StringViewArray::from(vec![Some("01:00:00+01"), None]));
        let list = ListArray::new(Arc::clone(&child), OffsetBuffer::from_lengths([2, 0]), values, None);
        let field = Field::new("x", DataType::List(child), true);
        let batch = export(FileKind::Arrow, field, Arc::new(list)).unwrap();
        let DataType::List(child) = batch.schema().field(0).data_type().clone() else { panic!() };
        assert_eq!(child.data_type(), &MICROSECOND_TIME);
        let first = batch.column(0).as_list::<i32>().value(0);
        assert_eq!(first.as_primitive::<arrow::datatypes::Time64MicrosecondType>().value(0), 3_600_000_000);
        assert!(first.is_null(1));
    }

    #[test]
    fn intervals_are_twelve_bytes_in_parquet() {
        let field = |data_type| Field::new("x", data_type, true);
        let interval =
            IntervalMonthDayNanoArray::from(vec![Some(IntervalMonthDayNano::new(14, 3, 1_500_999_999)), None]);
        let batch = export(FileKind::Parquet, field(INTERVAL), Arc::new(interval)).unwrap();
        let bytes = batch.column(0).as_fixed_size_binary();
        assert_eq!(bytes.value(0), [14, 0, 0, 0, 3, 0, 0, 0, 0xdc, 5, 0, 0]);
        assert!(bytes.is_null(1));
        let negative = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(0, -1, 0)]);
        assert!(export(FileKind::Parquet, field(INTERVAL), Arc::new(negative)).is_err());
        let duration = Arc::new(DurationMicrosecondArray::from(vec![2_000]));
        let batch = export(FileKind::Parquet, field(DataType::Duration(TimeUnit::Microsecond)), duration).unwrap();
        assert_eq!(batch.column(0).as_fixed_size_binary().value(0)[8], 2);
    }

    #[test]
    fn uuids_are_sixteen_bytes_in_parquet_and_text_in_arrow() {
        let text = "00010203-0405-0607-0809-0a0b0c0d0e0f";
        let array: ArrayRef = Arc::new(StringViewArray::from(vec![text]));
        let batch = export(FileKind::Parquet, LakeType::Uuid.field("u"), Arc::clone(&array)).unwrap();
        assert_eq!(batch.column(0).as_fixed_size_binary().value(0), (0..16).collect::<Vec<u8>>());
        let batch = export(FileKind::Arrow, LakeType::Uuid.field("u"), array).unwrap();
        assert_eq!(batch.column(0).as_string::<i32>().value(0), text);
        let bad: ArrayRef = Arc::new(StringArray::from(vec!["no uuid"]));
        let field = LakeType::Uuid.field("u").with_data_type(DataType::Utf8);
        assert!(export(FileKind::Parquet, field, bad).is_err());
    }

    #[test]
    fn seconds_keep_their_infinities() {
        let seconds = Int64Array::from(vec![1, i64::MAX, -i64::MAX]);
        assert_eq!(milliseconds(&seconds).unwrap().values().as_ref(), [1000, i64::MAX, -i64::MAX]);
        assert!(milliseconds(&Int64Array::from(vec![i64::MAX / 2])).is_err());
    }

    #[test]
    fn every_type_is_exported_as_announced() {
        let leaves = [
            "boolean",
            "int8",
            "int16",
            "int32",
            "int64",
            "int128",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "uint128",
            "float32",
            "float64",
            "decimal(9,2)",
            "varchar",
            "json",
            "blob",
            "uuid",
            "date",
            "time",
            "time_ns",
            "timetz",
            "timestamp",
            "timestamp_s",
            "timestamp_ms",
            "timestamp_ns",
            "timestamptz",
            "timestamptz_ns",
            "interval",
            "geometry",
            "variant",
        ];
        for name in leaves {
            let Ok(TypeName::Leaf(leaf)) = TypeName::parse(name) else { panic!("{name}") };
            let list = LakeType::List(Box::new(leaf.clone()));
            let fields = LakeType::Struct(vec![("a".into(), leaf.clone()), ("b".into(), list.clone())]);
            let map = LakeType::Map(Box::new(LakeType::Varchar), Box::new(fields.clone()));
            for ty in [leaf, list, fields, map] {
                let field = ty.field("x");
                let array = new_null_array(field.data_type(), 3);
                for kind in [FileKind::Arrow, FileKind::Parquet] {
                    let batch = export(kind, field.clone(), Arc::clone(&array)).unwrap_or_else(|e| panic!("{ty}: {e}"));
                    assert_eq!(batch.column(0).null_count(), 3, "{ty}");
                }
            }
        }
    }
}
