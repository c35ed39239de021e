//! Partition transforms: the integer or bucket that a value belongs to, and values in Hive-style paths.
//!
//! Partition values serve pruning and writing only; columns are always read from the files (except those that a
//! name mapping takes from the path, see [`hive_value`]).

use std::borrow::Cow;
use std::fmt;

use arrow::array::{Array, ArrowPrimitiveType, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};

use crate::text::{DisplayOptions, ValueDisplay};
use crate::{FormatError, LakeType};

/// A transform of `ducklake_partition_column`. The `epoch_` ones exist since 1.1-dev.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transform {
    /// The value itself, as display text.
    Identity,
    /// Calendar year (2024), not years since 1970.
    Year,
    /// Month of the year, 1 to 12.
    Month,
    /// Day of the month, 1 to 31.
    Day,
    /// Hour of the day, 0 to 23 (24 of the time 24:00:00).
    Hour,
    /// Murmur3 hash modulo this positive number.
    Bucket(u32),
    /// Whole years since 1970 of the UTC instant.
    EpochYear,
    /// Whole months since 1970-01 of the UTC instant.
    EpochMonth,
    /// Days since 1970-01-01 of the UTC instant.
    EpochDay,
    /// Hours since 1970-01-01 00:00 of the UTC instant.
    EpochHour,
}

impl Transform {
    /// Parses the catalog's text of a transform (case-insensitive).
    ///
    /// # Errors
    /// [`FormatError::InvalidValue`] for an unknown transform or a bucket count outside 1 to 2^31 - 1.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let name = text.trim().to_ascii_lowercase();
        Ok(match name.as_str() {
            "identity" => Self::Identity,
            "year" => Self::Year,
            "month" => Self::Month,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "epoch_year" => Self::EpochYear,
            "epoch_month" => Self::EpochMonth,
            "epoch_day" => Self::EpochDay,
            "epoch_hour" => Self::EpochHour,
            _ => {
                let count = name.strip_prefix("bucket(").and_then(|rest| rest.strip_suffix(')'));
                let count =
                    count.and_then(|count| count.trim().parse::<i32>().ok()).and_then(|n| u32::try_from(n).ok());
                match count {
                    Some(count @ 1..) => Self::Bucket(count),
                    _ => return Err(FormatError::invalid_value(text, "partition transform", "")),
                }
            }
        })
    }

    /// Whether a file's value of this transform can be compared with one computed here. Not so for calendar
    /// parts of zoned types: DuckDB computed them in the zone of the writer's session, and files lose the offset of a
    /// `timetz`.
    pub fn is_reproducible(self, field_type: &LakeType) -> bool {
        let zoned = matches!(field_type, LakeType::TimestampTz | LakeType::TimestampTzNs | LakeType::TimeTz);
        !(zoned && matches!(self, Self::Year | Self::Month | Self::Day | Self::Hour))
    }
}

/// The catalog's text.
impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity",
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Bucket(count) => return write!(f, "bucket({count})"),
            Self::EpochYear => "epoch_year",
            Self::EpochMonth => "epoch_month",
            Self::EpochDay => "epoch_day",
            Self::EpochHour => "epoch_hour",
        })
    }
}

/// The partition value of a date, time or timestamp under a calendar or `epoch_` transform, zoned timestamps taken
/// in UTC (but see [`Transform::is_reproducible`]).
///
/// `None` for NULL and ±infinity (whose partition value is NULL), for `identity` and `bucket`, and for types
/// without the wanted part.
///
/// # Panics
/// If `row` is out of bounds.
pub fn transform_value(transform: Transform, array: &dyn Array, row: usize) -> Option<i64> {
    if array.is_null(row) {
        return None;
    }
    let seconds = match array.data_type() {
        DataType::Date32 => match i64::from(value::<Date32Type>(array, row)) {
            days if days.abs() == i64::from(i32::MAX) => return None,
            days => days * SECONDS_PER_DAY,
        },
        DataType::Time64(unit) => {
            let seconds = match unit {
                TimeUnit::Nanosecond => value::<Time64NanosecondType>(array, row) / 1_000_000_000,
                _ => value::<Time64MicrosecondType>(array, row) / 1_000_000,
            };
            return (transform == Transform::Hour).then_some(seconds / SECONDS_PER_HOUR);
        }
        DataType::Timestamp(unit, _) => {
            let (ticks, per_second) = match unit {
                TimeUnit::Second => (value::<TimestampSecondType>(array, row), 1),
                TimeUnit::Millisecond => (value::<TimestampMillisecondType>(array, row), 1_000),
                TimeUnit::Microsecond => (value::<TimestampMicrosecondType>(array, row), 1_000_000),
                TimeUnit::Nanosecond => (value::<TimestampNanosecondType>(array, row), 1_000_000_000),
            };
            if ticks == i64::MAX || ticks <= -i64::MAX {
                return None;
            }
            ticks.div_euclid(per_second)
        }
        _ => return None,
    };
    let days = seconds.div_euclid(SECONDS_PER_DAY);
    let (year, month, day) = civil(days);
    Some(match transform {
        Transform::Year => year,
        Transform::Month => month,
        Transform::Day => day,
        Transform::Hour => seconds.rem_euclid(SECONDS_PER_DAY) / SECONDS_PER_HOUR,
        Transform::EpochYear => year - 1970,
        Transform::EpochMonth => (year - 1970) * 12 + month - 1,
        Transform::EpochDay => days,
        Transform::EpochHour => seconds.div_euclid(SECONDS_PER_HOUR),
        Transform::Identity | Transform::Bucket(_) => return None,
    })
}

const SECONDS_PER_HOUR: i64 = 3_600;
const SECONDS_PER_DAY: i64 = 86_400;

/// Astronomical year, month and day of a day since 1970-01-01 in the proleptic Gregorian calendar; DuckDB's dates
/// reach far beyond what chrono holds. Works on years that begin in March, so that leap days come last.
fn civil(days: i64) -> (i64, i64, i64) {
    let since_march_0 = days + 719_468;
    let era = since_march_0.div_euclid(146_097);
    let day_of_era = since_march_0.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The bucket (`0..n`) of one value of a column of type `field_type`, held as [`LakeType::arrow_type`] or
/// [`LakeType::nested_arrow_type`] says: Murmur3 (x86, 32 bits, seed 0) of the bytes that the DuckLake spec names
/// in "Partitioning", its sign bit cleared, modulo `n`. A NaN keeps its own bits, so equal NaNs may differ.
///
/// `None` for NULL, for `n` = 0, and for an array that does not hold `field_type`.
///
/// # Panics
/// If `row` is out of bounds.
pub fn bucket(array: &dyn Array, field_type: &LakeType, row: usize, n: u32) -> Option<u32> {
    if array.is_null(row) {
        return None;
    }
    let bytes = hashed_bytes(array, field_type, row)?;
    let hash = murmur3::murmur3_32(&mut &*bytes, 0).ok()?;
    (hash & 0x7FFF_FFFF).checked_rem(n)
}

fn hashed_bytes<'a>(array: &'a dyn Array, field_type: &LakeType, row: usize) -> Option<Cow<'a, [u8]>> {
    let long = match field_type {
        LakeType::Boolean => i64::from(array.as_boolean_opt()?.value(row)),
        LakeType::Int8 => i64::from(try_value::<Int8Type>(array, row)?),
        LakeType::Int16 => i64::from(try_value::<Int16Type>(array, row)?),
        LakeType::Int32 => i64::from(try_value::<Int32Type>(array, row)?),
        LakeType::Int64 => try_value::<Int64Type>(array, row)?,
        LakeType::Decimal { precision: ..=18, .. } => i64::try_from(try_value::<Decimal128Type>(array, row)?).ok()?,
        LakeType::Float32 => float_bits(f64::from(try_value::<Float32Type>(array, row)?)),
        LakeType::Float64 => float_bits(try_value::<Float64Type>(array, row)?),
        LakeType::Date => i64::from(try_value::<Date32Type>(array, row)?),
        LakeType::Time => try_value::<Time64MicrosecondType>(array, row)?,
        LakeType::TimeNs => try_value::<Time64NanosecondType>(array, row)?,
        LakeType::Timestamp | LakeType::TimestampTz => try_value::<TimestampMicrosecondType>(array, row)?,
        LakeType::TimestampS => try_value::<TimestampSecondType>(array, row)?,
        LakeType::TimestampMs => try_value::<TimestampMillisecondType>(array, row)?,
        LakeType::TimestampNs | LakeType::TimestampTzNs => try_value::<TimestampNanosecondType>(array, row)?,
        LakeType::TimeTz => timetz_bits(string(array, row)?)?,
        LakeType::Varchar | LakeType::Json | LakeType::Uuid | LakeType::Variant => {
            return Some(Cow::Borrowed(string(array, row)?.as_bytes()));
        }
        LakeType::Blob | LakeType::Geometry => return Some(Cow::Borrowed(binary(array, row)?)),
        LakeType::UInt8 => return text(try_value::<UInt8Type>(array, row)?),
        LakeType::UInt16 => return text(try_value::<UInt16Type>(array, row)?),
        LakeType::UInt32 => return text(try_value::<UInt32Type>(array, row)?),
        LakeType::UInt64 => return text(try_value::<UInt64Type>(array, row)?),
        LakeType::Int128 => return text(try_value::<Decimal128Type>(array, row)?),
        LakeType::UInt128 => return text(try_value::<Decimal256Type>(array, row)?),
        LakeType::Decimal { .. }
        | LakeType::Interval
        | LakeType::List(_)
        | LakeType::Struct(_)
        | LakeType::Map(_, _) => {
            return text(display_text(array, field_type, row)?);
        }
    };
    Some(Cow::Owned(long.to_le_bytes().to_vec()))
}

/// The display text of a value whose type has no bytes of its own to hash.
fn display_text(array: &dyn Array, field_type: &LakeType, row: usize) -> Option<String> {
    // The array's own type, because a column may come with its nested parts as views or not.
    let field = field_type.field("").with_data_type(array.data_type().clone());
    let mut text = String::new();
    ValueDisplay::try_new(array, &field, &DisplayOptions::default()).ok()?.write(row, &mut text);
    Some(text)
}

fn text<'a>(value: impl fmt::Display) -> Option<Cow<'a, [u8]>> {
    Some(Cow::Owned(value.to_string().into_bytes()))
}

/// -0 counts as +0.
fn float_bits(value: f64) -> i64 {
    (if value == 0.0 { 0.0 } else { value }).to_bits().cast_signed()
}

/// DuckDB's 64 bits of a `timetz` text: microseconds above, reversed offset below.
fn timetz_bits(text: &str) -> Option<i64> {
    let sign_at = text.rfind(['+', '-'])?;
    let (time, offset) = text.split_at(sign_at);
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    if fraction.len() > 6 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros = clock_seconds(time)? * 1_000_000 + format!("{fraction:0<6}").parse::<i64>().ok()?;
    let offset_seconds = clock_seconds(&offset[1..])?;
    let offset_seconds = if offset.starts_with('-') { -offset_seconds } else { offset_seconds };
    Some((micros << 24) | (57_599 - offset_seconds))
}

/// Seconds of `HH[:MM[:SS]]`.
fn clock_seconds(text: &str) -> Option<i64> {
    let mut seconds = 0;
    let mut unit = SECONDS_PER_HOUR;
    for part in text.split(':') {
        if part.len() != 2 || unit == 0 {
            return None;
        }
        seconds += i64::from(part.parse::<u8>().ok()?) * unit;
        unit /= 60;
    }
    Some(seconds)
}

fn value<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

fn try_value<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> Option<T::Native> {
    Some(array.as_primitive_opt::<T>()?.value(row))
}

fn string(array: &dyn Array, row: usize) -> Option<&str> {
    Some(match array.data_type() {
        DataType::Utf8View => array.as_string_view().value(row),
        DataType::Utf8 => array.as_string::<i32>().value(row),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row),
        _ => return None,
    })
}

fn binary(array: &dyn Array, row: usize) -> Option<&[u8]> {
    Some(match array.data_type() {
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        _ => return None,
    })
}

/// The value of a Hive partition column in a file's path: `None` if no folder is called `key=…` (or its value is
/// not UTF-8), `Some(None)` for NULL (`__HIVE_DEFAULT_PARTITION__`, or `NULL` in any case), else the value,
/// percent-decoded. An empty value is an empty string; DuckDB reads it as NULL into columns that are no strings.
///
/// The first matching folder counts, one that has the key's own upper and lower case before others. As in DuckDB a
/// folder with several `=` is none, the file name itself does not count, and keys are not percent-decoded.
pub fn hive_value(path: &str, key: &str) -> Option<Option<String>> {
    let (folders, _file) = path.rsplit_once(['/', '\\'])?;
    let segments =
        || folders.split(['/', '\\']).filter_map(|s| s.split_once('=')).filter(|(_, value)| !value.contains('='));
    let (_, raw) = segments()
        .find(|(name, _)| *name == key)
        .or_else(|| segments().find(|(name, _)| name.to_lowercase() == key.to_lowercase()))?;
    if raw == "__HIVE_DEFAULT_PARTITION__" || raw.eq_ignore_ascii_case("null") {
        return Some(None);
    }
    let decoded = percent_encoding::percent_decode_str(raw).decode_utf8().ok()?;
    Some(Some(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::decode_scalar;

    fn bucket_of(lake_type: &LakeType, text: &str, n: u32) -> Option<u32> {
        bucket(decode_scalar(lake_type, text).unwrap().as_ref(), lake_type, 0, n)
    }

    #[test]
    fn buckets_have_the_check_values_of_the_specification() {
        let decimal = |precision, scale| LakeType::Decimal { precision, scale };
        for (lake_type, text, expected) in [
            (LakeType::Int32, "34", 239_379),
            (LakeType::UInt32, "34", 925_257),
            (LakeType::Date, "2017-11-16", 153_226),
            (LakeType::Varchar, "iceberg", 89),
            (LakeType::Varchar, "", 0),
            (LakeType::Uuid, "f79c3e09-677c-4bbd-a479-3f349cb785e7", 414_783),
            (LakeType::Float32, "1.0", 98_639),
            (decimal(9, 2), "1.50", 386_831),
            (LakeType::TimeTz, "12:30:00+05:30", 956_059),
        ] {
            assert_eq!(bucket_of(&lake_type, text, 1_000_000), Some(expected), "{lake_type} {text}");
        }
    }

    #[test]
    fn buckets_go_by_value_or_by_text() {
        let same = |a: &LakeType, x: &str, b: &LakeType, y: &str| {
            assert_eq!(bucket_of(a, x, 1_000_000), bucket_of(b, y, 1_000_000), "{a} {x}, {b} {y}");
        };
        same(&LakeType::Int8, "-7", &LakeType::Int64, "-7");
        same(&LakeType::Boolean, "true", &LakeType::Int64, "1");
        same(&LakeType::Float64, "-0.0", &LakeType::Int64, "0");
        same(&LakeType::Float32, "0.1", &LakeType::Float64, "0.10000000149011612");
        same(&LakeType::TimestampS, "1970-01-01 00:00:10", &LakeType::Int64, "10");
        same(&LakeType::Timestamp, "1970-01-01 00:00:10", &LakeType::Int64, "10000000");
        same(&LakeType::TimestampNs, "1970-01-01 00:00:10", &LakeType::Int64, "10000000000");
        same(&LakeType::Int128, "-34", &LakeType::Varchar, "-34");
        same(&LakeType::UInt128, "34", &LakeType::Varchar, "34");
        same(&LakeType::UInt64, "34", &LakeType::Varchar, "34");
        same(&LakeType::Interval, "1 month 2 days", &LakeType::Varchar, "1 month 2 days");
        same(&LakeType::Decimal { precision: 19, scale: 2 }, "1.50", &LakeType::Varchar, "1.50");
        same(&LakeType::Decimal { precision: 18, scale: 2 }, "1.50", &LakeType::Int64, "150");
        let list = LakeType::List(Box::new(LakeType::Varchar));
        same(&list, "['a,b', NULL]", &LakeType::Varchar, "['a,b', NULL]");
        let map = LakeType::Map(Box::new(LakeType::Varchar), Box::new(LakeType::Int32));
        same(&map, "{k=1}", &LakeType::Varchar, "{k=1}");
    }

    #[test]
    fn nulls_and_foreign_arrays_have_no_bucket() {
        let array = arrow::array::Int32Array::from(vec![Some(1), None]);
        assert!(bucket(&array, &LakeType::Int32, 0, 4).is_some());
        assert_eq!(bucket(&array, &LakeType::Int32, 1, 4), None);
        assert_eq!(bucket(&array, &LakeType::Int32, 0, 0), None);
        assert_eq!(bucket(&array, &LakeType::Varchar, 0, 4), None);
        assert_eq!(transform_value(Transform::Year, &array, 0), None);
    }

    #[test]
    fn calendar_values_are_those_of_duckdb() {
        use Transform::*;
        for (lake_type, text, transform, expected) in [
            (LakeType::Date, "2024-02-29", Year, Some(2024)),
            (LakeType::Date, "2024-02-29", Month, Some(2)),
            (LakeType::Date, "2024-02-29", Day, Some(29)),
            (LakeType::Date, "2024-02-29", Hour, Some(0)),
            (LakeType::Date, "0044-03-15 (BC)", Year, Some(-43)),
            (LakeType::Date, "5000000-01-01", Year, Some(5_000_000)),
            (LakeType::Date, "infinity", Year, None),
            (LakeType::Date, "-infinity", EpochDay, None),
            (LakeType::Date, "1969-12-31", EpochMonth, Some(-1)),
            (LakeType::Date, "1969-12-31", EpochHour, Some(-24)),
            (LakeType::Timestamp, "1969-12-31 23:30:00.5", Hour, Some(23)),
            (LakeType::Timestamp, "1969-12-31 23:30:00.5", EpochHour, Some(-1)),
            (LakeType::Timestamp, "1969-12-31 23:30:00.5", EpochYear, Some(-1)),
            (LakeType::Timestamp, "infinity", Day, None),
            (LakeType::TimestampS, "2024-01-31 12:30:00", EpochDay, Some(19_753)),
            (LakeType::TimestampMs, "2024-01-31 12:30:00", EpochMonth, Some(648)),
            (LakeType::TimestampNs, "1969-12-31 23:59:59.999999999", EpochDay, Some(-1)),
            (LakeType::TimestampTz, "2024-01-31 23:30:00-02", Day, Some(1)),
            (LakeType::Time, "24:00:00", Hour, Some(24)),
            (LakeType::Time, "12:30:00", Day, None),
            (LakeType::Date, "2024-02-29", Identity, None),
            (LakeType::Date, "2024-02-29", Bucket(4), None),
        ] {
            let array = decode_scalar(&lake_type, text).unwrap();
            assert_eq!(transform_value(transform, array.as_ref(), 0), expected, "{transform} of {text}");
        }
    }

    #[test]
    fn transforms_parse_and_print() {
        for text in [
            "identity",
            "year",
            "month",
            "day",
            "hour",
            "bucket(16)",
            "epoch_year",
            "epoch_month",
            "epoch_day",
            "epoch_hour",
        ] {
            assert_eq!(Transform::parse(&text.to_uppercase()).unwrap().to_string(), text);
        }
        for text in ["", "bucket", "bucket()", "bucket(0)", "bucket(-1)", "bucket(2147483648)", "truncate(3)", "years"]
        {
            assert!(Transform::parse(text).is_err(), "{text}");
        }
        assert!(Transform::Day.is_reproducible(&LakeType::Timestamp));
        assert!(!Transform::Day.is_reproducible(&LakeType::TimestampTz));
        assert!(Transform::EpochDay.is_reproducible(&LakeType::TimestampTz));
    }

    #[test]
    fn hive_values_come_from_folders() {
        let some = |text: &str| Some(Some(text.to_string()));
        for (path, expected) in [
            ("s3://b/t/p=a/f.parquet", some("a")),
            ("t/p=a%20b%2Fc/q=1/f.parquet", some("a b/c")),
            ("t\\P=x\\f.parquet", some("x")),
            ("t/P=x/p=y/f.parquet", some("y")),
            ("t/p=1/p=2/f.parquet", some("1")),
            ("t/p=/f.parquet", some("")),
            ("t/p=a%ZZ/f.parquet", some("a%ZZ")),
            ("t/p=%5F_HIVE_DEFAULT_PARTITION__/f.parquet", some("__HIVE_DEFAULT_PARTITION__")),
            ("t/p=__HIVE_DEFAULT_PARTITION__/f.parquet", Some(None)),
            ("t/p=Null/f.parquet", Some(None)),
            ("t/p=a=b/f.parquet", None),
            ("t/p=%FF/f.parquet", None),
            ("t/%70=3/f.parquet", None),
            ("t/p=1", None),
            ("p=1", None),
        ] {
            assert_eq!(hive_value(path, "p"), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn months_and_days_are_dates(days in -1_000_000_000i32..1_000_000_000) {
            let array = arrow::array::Date32Array::from(vec![days]);
            let part = |transform| transform_value(transform, &array, 0).unwrap();
            prop_assert!((1..=12).contains(&part(Transform::Month)) && (1..=31).contains(&part(Transform::Day)));
            prop_assert_eq!(part(Transform::EpochDay), i64::from(days));
            let next = arrow::array::Date32Array::from(vec![days + 1]);
            let tomorrow = transform_value(Transform::Day, &next, 0).unwrap();
            prop_assert!(tomorrow == part(Transform::Day) + 1 || tomorrow == 1);
        }

        #[test]
        fn any_timestamp_has_parts(value in any::<i64>()) {
            let array = arrow::array::TimestampSecondArray::from(vec![value]);
            let _ = transform_value(Transform::EpochMonth, &array, 0);
            let _ = bucket(&array, &LakeType::TimestampS, 0, 7);
        }

        #[test]
        fn any_text_is_refused_or_hashed(text in "\\PC{0,30}") {
            let array = arrow::array::StringArray::from(vec![text.as_str()]);
            let _ = bucket(&array, &LakeType::TimeTz, 0, 7);
            let _ = hive_value(&text, "p");
            let _ = Transform::parse(&text);
        }
    }
}
