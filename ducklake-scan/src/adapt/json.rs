//! Values of other types as JSON text: what a column that was promoted to `json` reads as (DuckLake spec, "Evolution
//! rules"; the forms are those of DuckDB's cast).

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use ducklake_format::text::ValueDisplay;

use crate::error::Result;

/// Decimal digits that every double keeps.
const DOUBLE_DIGITS: u8 = 15;

/// Appends the JSON of values that are not NULL.
pub(super) struct JsonWriter<'a> {
    display: ValueDisplay<'a>,
    kind: Kind,
}

enum Kind {
    Double(ArrayRef),
    Decimal,
    Other,
}

impl<'a> JsonWriter<'a> {
    /// `display` prints the values of `array`.
    pub(super) fn try_new(array: &ArrayRef, display: ValueDisplay<'a>) -> Result<Self> {
        let kind = match array.data_type() {
            // JSON knows one kind of floating point number.
            DataType::Float32 | DataType::Float64 => Kind::Double(arrow::compute::cast(array, &DataType::Float64)?),
            // Decimals that a double holds exactly are written as one, others digit by digit.
            DataType::Decimal128(precision, _) if *precision <= DOUBLE_DIGITS => {
                Kind::Double(arrow::compute::cast(array, &DataType::Float64)?)
            }
            DataType::Decimal128(_, _) | DataType::Decimal256(_, _) => Kind::Decimal,
            _ => Kind::Other,
        };
        Ok(Self { display, kind })
    }

    pub(super) fn write(&self, row: usize, out: &mut String) {
        match &self.kind {
            Kind::Double(values) => push_double(out, values.as_primitive::<Float64Type>().value(row)),
            Kind::Decimal => {
                let start = out.len();
                self.display.write(row, out);
                // DuckDB's display leaves the zero before the point out, JSON must not.
                let digits = start + usize::from(out[start..].starts_with('-'));
                if out[digits..].starts_with('.') {
                    out.insert(digits, '0');
                }
            }
            Kind::Other => {
                // Writing to a String cannot fail.
                let _ = write!(out, "{}", self.display.to_json(row));
            }
        }
    }
}

/// As ECMAScript prints numbers, with `.0` where there is no fraction, and names for what JSON has no numbers for.
fn push_double(out: &mut String, value: f64) {
    if !value.is_finite() {
        let sign = if value < 0.0 { "-" } else { "" };
        out.push_str(if value.is_nan() { "NaN" } else { sign });
        out.push_str(if value.is_nan() { "" } else { "Infinity" });
        return;
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    // Digits before the decimal point.
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    out.push_str(sign);
    // The text of a finite double has 17 digits at most.
    let length = digits.len() as i32;
    match point {
        22.. | ..=-6 => {
            let _ = write!(out, "{mantissa}e{}", point - 1);
        }
        ..=0 => {
            let _ = write!(out, "0.{:0>width$}", digits, width = (length - point) as usize);
        }
        _ if point >= length => {
            let _ = write!(out, "{digits:0<width$}.0", width = point as usize);
        }
        _ => {
            let (whole, fraction) = digits.split_at(point as usize);
            let _ = write!(out, "{whole}.{fraction}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_as_duckdb_casts_them() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (5.0, "5.0"),
            (-1.5, "-1.5"),
            (0.1_f32.into(), "0.10000000149011612"),
            (1e-5, "0.00001"),
            (1.25e-6, "0.00000125"),
            (1e-7_f32.into(), "1.0000000116860974e-7"),
            (8e15_f32.into(), "7999999895928832.0"),
            (1e16, "10000000000000000.0"),
            (1e20, "100000000000000000000.0"),
            (1e21, "1e21"),
            (1.5e300, "1.5e300"),
            (123_456_789.123, "123456789.123"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            let mut text = String::new();
            push_double(&mut text, value);
            assert_eq!(text, expected);
        }
    }
}
