//! Dates and timestamps that become timestamps of another kind by a promotion. Infinities stay what they are
//! (DuckLake spec, "Parquet form as DuckDB writes it"), zones only mark instants of UTC.

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{
    DataType, Date32Type, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use std::sync::Arc;

use crate::error::{LakeError, Result};

/// Whether [`to_timestamps`] has to be used: where Arrow's cast loses infinities, or moves values between zones.
pub(super) fn needs_care(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Date32, DataType::Timestamp(_, _)) => true,
        (DataType::Timestamp(from_unit, from_zone), DataType::Timestamp(to_unit, to_zone)) => {
            from_zone != to_zone || per_second(*from_unit) < per_second(*to_unit)
        }
        _ => false,
    }
}

/// `array`, dates or timestamps, as timestamps of type `target`.
///
/// # Errors
/// Values out of the target's range.
pub(super) fn to_timestamps(array: &ArrayRef, target: &DataType) -> Result<ArrayRef> {
    let mismatch = || LakeError::Invalid(format!("a column of type {} cannot be read as {target}", array.data_type()));
    let DataType::Timestamp(unit, zone) = target else { return Err(mismatch()) };
    let ticks = i128::from(per_second(*unit));
    let scale = |value: i64, is_infinite: bool, times: i128, per: i128| {
        if is_infinite {
            return Ok(if value > 0 { i64::MAX } else { -i64::MAX });
        }
        i64::try_from(i128::from(value) * times / per).map_err(|_| {
            LakeError::Invalid(format!("a value of type {} is out of the range of {target}", array.data_type()))
        })
    };
    let values: Int64Array = match array.data_type() {
        DataType::Date32 => array.as_primitive::<Date32Type>().try_unary(|days| {
            scale(i64::from(days), days.unsigned_abs() >= i32::MAX.unsigned_abs(), 86_400 * ticks, 1)
        })?,
        DataType::Timestamp(from, _) => {
            let raw = arrow::compute::cast(array, &DataType::Int64)?;
            let per = i128::from(per_second(*from));
            let infinite = |value: i64| value.unsigned_abs() >= i64::MAX.unsigned_abs();
            raw.as_primitive::<Int64Type>().try_unary(|value| scale(value, infinite(value), ticks, per))?
        }
        _ => return Err(mismatch()),
    };
    let zone = zone.clone();
    Ok(match unit {
        TimeUnit::Second => Arc::new(values.reinterpret_cast::<TimestampSecondType>().with_timezone_opt(zone)),
        TimeUnit::Millisecond => {
            Arc::new(values.reinterpret_cast::<TimestampMillisecondType>().with_timezone_opt(zone))
        }
        TimeUnit::Microsecond => {
            Arc::new(values.reinterpret_cast::<TimestampMicrosecondType>().with_timezone_opt(zone))
        }
        TimeUnit::Nanosecond => Arc::new(values.reinterpret_cast::<TimestampNanosecondType>().with_timezone_opt(zone)),
    })
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Date32Array, TimestampMicrosecondArray};

    fn raw(array: &ArrayRef) -> Vec<Option<i64>> {
        arrow::compute::cast(array, &DataType::Int64).unwrap().as_primitive::<Int64Type>().iter().collect()
    }

    #[test]
    fn infinities_stay() {
        let dates: ArrayRef = Arc::new(Date32Array::from(vec![Some(i32::MAX), Some(-i32::MAX), Some(-1), None]));
        for (unit, ticks) in
            [(TimeUnit::Second, 1), (TimeUnit::Microsecond, 1_000_000), (TimeUnit::Nanosecond, 1_000_000_000)]
        {
            let target = DataType::Timestamp(unit, Some("UTC".into()));
            let timestamps = to_timestamps(&dates, &target).unwrap();
            assert_eq!(timestamps.data_type(), &target);
            assert_eq!(raw(&timestamps), [Some(i64::MAX), Some(-i64::MAX), Some(-86_400 * ticks), None]);
        }
        let micros: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![i64::MAX, -i64::MAX, 1_500_000]));
        let nanos = to_timestamps(&micros, &DataType::Timestamp(TimeUnit::Nanosecond, None)).unwrap();
        assert_eq!(raw(&nanos), [Some(i64::MAX), Some(-i64::MAX), Some(1_500_000_000)]);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let dates: ArrayRef = Arc::new(Date32Array::from(vec![i32::MAX - 1]));
        assert!(to_timestamps(&dates, &DataType::Timestamp(TimeUnit::Microsecond, None)).is_err());
        assert!(to_timestamps(&dates, &DataType::Timestamp(TimeUnit::Second, None)).is_ok());
    }
}
