//! Leaf values whose type in data files differs.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, Float64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::buffer::{Buffer, MutableBuffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Decimal128Type, Decimal256Type, IntervalMonthDayNano, IntervalMonthDayNanoType, TimestampSecondType, i256,
};
use ducklake_format::LakeType;
use uuid::Uuid;

use super::super::error::WriteError;

/// Values that are valid in `mask`, as the file holds them.
pub(super) fn convert(
    column: &str,
    lake_type: &LakeType,
    array: &dyn Array,
    mask: Option<NullBuffer>,
) -> Result<ArrayRef, WriteError> {
    let refuse = |value: String, problem: &'static str| WriteError::Value {
        column: column.to_string(),
        lake_type: lake_type.to_string(),
        value,
        problem,
    };
    let rows = Rows { length: array.len(), mask: &mask };
    let converted: ArrayRef = match lake_type {
        LakeType::Int128 => {
            let values = array.as_primitive::<Decimal128Type>().values();
            let floats = rows.map(|row| {
                let value: i128 = values[row];
                exact_double(value.unsigned_abs(), value < 0).ok_or_else(|| refuse(value.to_string(), NOT_EXACT))
            })?;
            Arc::new(Float64Array::new(floats, mask))
        }
        LakeType::UInt128 => {
            let values = array.as_primitive::<Decimal256Type>().values();
            let floats = rows.map(|row| {
                let value: i256 = values[row];
                let magnitude = match value.to_parts() {
                    (low, 0) => exact_double(low, false),
                    _ => None,
                };
                magnitude.ok_or_else(|| refuse(value.to_string(), NOT_EXACT))
            })?;
            Arc::new(Float64Array::new(floats, mask))
        }
        LakeType::TimestampS => {
            let values = array.as_primitive::<TimestampSecondType>().values();
            let micros = rows.map(|row| {
                let seconds: i64 = values[row];
                let infinite = seconds.unsigned_abs() >= i64::MAX.unsigned_abs();
                if infinite { Some(seconds) } else { seconds.checked_mul(1_000_000) }
                    .ok_or_else(|| refuse(format!("{seconds} seconds"), "it is beyond the range of microseconds"))
            })?;
            Arc::new(TimestampMicrosecondArray::new(micros, mask))
        }
        LakeType::TimeTz => {
            let texts = Texts::of(array)?;
            let micros = rows.map(|row| {
                let text = texts.value(row);
                utc_micros(text).ok_or_else(|| refuse(text.to_string(), "it is no time with an offset"))
            })?;
            Arc::new(Time64MicrosecondArray::new(micros, mask))
        }
        LakeType::Uuid => {
            let texts = Texts::of(array)?;
            let bytes = rows.bytes::<16>(|row| {
                let text = texts.value(row);
                Uuid::try_parse(text).map(Uuid::into_bytes).map_err(|_| refuse(text.to_string(), "it is no uuid"))
            })?;
            Arc::new(FixedSizeBinaryArray::try_new(16, bytes, mask).map_err(WriteError::arrow("converted"))?)
        }
        LakeType::Interval => {
            let values = array.as_primitive::<IntervalMonthDayNanoType>().values();
            let bytes = rows.bytes::<12>(|row| {
                interval_bytes(values[row]).ok_or_else(|| {
                    refuse(format!("{:?}", values[row]), "Parquet intervals have no negative parts and 2^32 units each")
                })
            })?;
            Arc::new(FixedSizeBinaryArray::try_new(12, bytes, mask).map_err(WriteError::arrow("converted"))?)
        }
        // No other type is converted.
        _ => arrow::array::make_array(array.to_data()),
    };
    Ok(converted)
}

const NOT_EXACT: &str = "files hold it as a double, which has not that many digits";

/// The rows of an array that are to be converted; the others get the default value.
struct Rows<'a> {
    length: usize,
    mask: &'a Option<NullBuffer>,
}

impl Rows<'_> {
    fn is_valid(&self, row: usize) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask.is_valid(row))
    }

    fn map<T: arrow::datatypes::ArrowNativeType>(
        &self,
        value: impl Fn(usize) -> Result<T, WriteError>,
    ) -> Result<ScalarBuffer<T>, WriteError> {
        let values = (0..self.length).map(|row| if self.is_valid(row) { value(row) } else { Ok(T::default()) });
        Ok(values.collect::<Result<Vec<T>, _>>()?.into())
    }

    fn bytes<const N: usize>(
        &self,
        value: impl Fn(usize) -> Result<[u8; N], WriteError>,
    ) -> Result<Buffer, WriteError> {
        let mut bytes = MutableBuffer::with_capacity(self.length * N);
        for row in 0..self.length {
            bytes.extend_from_slice(&if self.is_valid(row) { value(row)? } else { [0; N] });
        }
        Ok(bytes.into())
    }
}

/// Texts of either Arrow form.
enum Texts<'a> {
    View(&'a arrow::array::StringViewArray),
    Plain(&'a arrow::array::StringArray),
}

impl<'a> Texts<'a> {
    fn of(array: &'a dyn Array) -> Result<Self, WriteError> {
        match array.data_type() {
            DataType::Utf8View => Ok(Self::View(array.as_string_view())),
            DataType::Utf8 => Ok(Self::Plain(array.as_string())),
            other => Err(WriteError::rows(format!("{other} instead of text"))),
        }
    }

    fn value(&self, row: usize) -> &'a str {
        match self {
            Self::View(array) => array.value(row),
            Self::Plain(array) => array.value(row),
        }
    }
}

/// The double of that magnitude and sign, if it is exactly that.
fn exact_double(magnitude: u128, negative: bool) -> Option<f64> {
    let significant = u128::BITS - magnitude.leading_zeros().saturating_add(magnitude.trailing_zeros()).min(u128::BITS);
    let double = magnitude as f64;
    (significant <= f64::MANTISSA_DIGITS).then_some(if negative { -double } else { double })
}

/// Microseconds of the time of day in UTC of `12:30:00.5+05:30`.
fn utc_micros(text: &str) -> Option<i64> {
    let (time, offset) = text.split_at_checked(text.rfind(['+', '-'])?)?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    if fraction.len() > 6 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros = seconds(clock)? * 1_000_000 + format!("{fraction:0<6}").parse::<i64>().ok()?;
    let shift = seconds(offset.get(1..)?)? * 1_000_000;
    let utc = if offset.starts_with('-') { micros + shift } else { micros - shift };
    // 24:00:00 in UTC stays what it is.
    Some(if shift == 0 { utc } else { utc.rem_euclid(86_400_000_000) })
}

/// Seconds of `HH[:MM[:SS]]`.
fn seconds(text: &str) -> Option<i64> {
    let mut units = [3_600, 60, 1].into_iter();
    text.split(':').try_fold(0, |sum, part| {
        let unit = units.next()?;
        (part.len() == 2).then_some(())?;
        Some(sum + i64::from(part.parse::<u8>().ok()?) * unit)
    })
}

/// Months, days and milliseconds; what is finer is cut off, as by DuckDB.
fn interval_bytes(value: IntervalMonthDayNano) -> Option<[u8; 12]> {
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&u32::try_from(value.months).ok()?.to_le_bytes());
    bytes[4..8].copy_from_slice(&u32::try_from(value.days).ok()?.to_le_bytes());
    let millis = if value.nanoseconds < 0 { None } else { u32::try_from(value.nanoseconds / 1_000_000).ok() };
    bytes[8..].copy_from_slice(&millis?.to_le_bytes());
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_hold_what_they_hold() {
        for (magnitude, exact) in [
            (0, true),
            (9_007_199_254_740_992, true),
            (9_007_199_254_740_993, false),
            (9_007_199_254_740_994, true),
            (1 << 127, true),
            (u128::MAX, false),
            (u128::MAX << 75, true),
        ] {
            assert_eq!(exact_double(magnitude, false).is_some(), exact, "{magnitude}");
        }
        assert_eq!(exact_double(5, true), Some(-5.0));
    }

    #[test]
    fn times_move_to_utc() {
        for (text, micros) in [
            ("12:30:00.5+05:30", 25_200_500_000),
            ("01:00:00+02", 82_800_000_000),
            ("23:00:00-02", 3_600_000_000),
            ("24:00:00+00", 86_400_000_000),
            ("00:00:00+15:59:59", 28_801_000_000),
        ] {
            assert_eq!(utc_micros(text), Some(micros), "{text}");
        }
        for text in ["12:30:00", "x+00", "12:30:00.1234567+00", "1:00+00", ""] {
            assert_eq!(utc_micros(text), None, "{text}");
        }
    }

    #[test]
    fn intervals_have_three_parts() {
        let bytes = interval_bytes(IntervalMonthDayNano::new(14, 3, 5_001_999_999)).unwrap();
        assert_eq!(bytes, [14, 0, 0, 0, 3, 0, 0, 0, 137, 19, 0, 0]);
        assert_eq!(interval_bytes(IntervalMonthDayNano::new(-1, 0, 0)), None);
        assert_eq!(interval_bytes(IntervalMonthDayNano::new(0, 0, -1)), None);
        assert_eq!(interval_bytes(IntervalMonthDayNano::new(0, 0, i64::MAX)), None);
    }
}
