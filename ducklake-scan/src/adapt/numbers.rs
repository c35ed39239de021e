//! Numbers that become floating point numbers by a promotion.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Array, Float64Array};
use arrow::datatypes::{DataType, Decimal128Type};

/// Decimals as doubles or floats, with DuckDB's rounding: numbers that are not exact are converted by their whole and
/// their fractional part, which Arrow's cast is not. `None` for other types.
pub(super) fn decimal_to_float(array: &ArrayRef, target: &DataType) -> Option<ArrayRef> {
    let values = array.as_primitive_opt::<Decimal128Type>()?;
    let scale = u32::try_from(values.scale()).ok()?;
    let power = 10_i128.checked_pow(scale)?;
    let is_exact = |value: i128, digits: u32| scale == 0 || value.unsigned_abs() <= 1 << digits;
    Some(match target {
        DataType::Float64 => {
            let convert = |value: i128| match is_exact(value, 53) {
                true => double(value) / double(power),
                false => double(value / power) + double(value % power) / double(power),
            };
            Arc::new(values.unary::<_, arrow::datatypes::Float64Type>(convert)) as Arc<Float64Array>
        }
        DataType::Float32 => {
            let single = |value: i128| double(value) as f32;
            let convert = |value: i128| match is_exact(value, 24) {
                true => single(value) / single(power),
                false => single(value / power) + single(value % power) / single(power),
            };
            Arc::new(values.unary::<_, arrow::datatypes::Float32Type>(convert)) as Arc<Float32Array>
        }
        _ => return None,
    })
}

/// Halves of 64 bits are rounded one by one.
fn double(value: i128) -> f64 {
    const HIGH: f64 = 18_446_744_073_709_551_616.0;
    let (high, low) = ((value >> 64) as i64, value as u64);
    match high {
        0 => low as f64,
        -1 => -((u64::MAX - low) as f64) - 1.0,
        _ => low as f64 + high as f64 * HIGH,
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;

    use super::*;
    use arrow::array::Decimal128Array;
    use arrow::datatypes::{Float32Type, Float64Type};

    #[test]
    fn decimals_round_as_in_duckdb() {
        let wide =
            Decimal128Array::from(vec![Some(12_345_678_901_234_567_890_123_456_780_123_456_789), Some(-15), None])
                .with_precision_and_scale(38, 10)
                .unwrap();
        let doubles = decimal_to_float(&(Arc::new(wide) as ArrayRef), &DataType::Float64).unwrap();
        let doubles = doubles.as_primitive::<Float64Type>();
        assert_eq!(doubles.value(0).to_bits(), 1.234_567_890_123_456_9e27_f64.to_bits());
        assert_eq!(doubles.value(1), -1.5e-9);
        assert!(doubles.is_null(2));
        let small = Decimal128Array::from(vec![-9999, 5]).with_precision_and_scale(4, 1).unwrap();
        let floats = decimal_to_float(&(Arc::new(small) as ArrayRef), &DataType::Float32).unwrap();
        assert_eq!(floats.as_primitive::<Float32Type>().values()[..], [-999.9, 0.5]);
    }
}
