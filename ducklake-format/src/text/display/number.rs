//! Text of floats and decimals.

use std::fmt::Write;

use arrow::datatypes::i256;

use super::grisu;

/// Appends a float64 as DuckDB prints it: shortest digits that read back, at least one after the point,
/// exponent form below 1e-4 and from 1e16.
pub(super) fn push_float64(out: &mut String, value: f64) {
    if value.is_finite() {
        push_shortest(out, zmij::Buffer::new().format_finite(value));
    } else {
        push_non_finite(out, value);
    }
}

/// Appends a float32 in the same form, by the digits that tell it from other 32-bit values.
pub(super) fn push_float32(out: &mut String, value: f32) {
    if !value.is_finite() || value != 0.0 && grisu::undecided(value.abs()) {
        push_float64(out, f64::from(value));
    } else {
        push_shortest(out, zmij::Buffer::new().format_finite(value));
    }
}

fn push_non_finite(out: &mut String, value: f64) {
    out.push_str(match (value.is_nan(), value.is_sign_negative()) {
        (true, false) => "nan",
        (true, true) => "-nan",
        (false, false) => "inf",
        (false, true) => "-inf",
    });
}

/// Appends shortest digits, which may come with a point and an exponent in any place, in DuckDB's form.
fn push_shortest(out: &mut String, printed: &str) {
    let (printed, negative) = printed.strip_prefix('-').map_or((printed, false), |rest| (rest, true));
    let (number, exponent) = printed.split_once('e').unwrap_or((printed, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let exponent = exponent.parse::<i32>().unwrap_or_default() + whole.len() as i32 - 1;
    let digits = || whole.bytes().chain(fraction.bytes());

    // Shortest digits number at most 17, but plain forms may have zeros around them.
    let mut buffer = [0u8; 40];
    let mut count = 0;
    for (slot, digit) in buffer.iter_mut().zip(digits()) {
        *slot = digit;
        count += 1;
    }
    let zeros = buffer[..count].iter().take_while(|digit| **digit == b'0').count();
    let kept = buffer[..count].iter().rposition(|digit| *digit != b'0').map_or(zeros, |last| last + 1);
    let digits = std::str::from_utf8(&buffer[zeros.min(kept)..kept]).unwrap_or_default();
    if negative {
        out.push('-');
    }
    if digits.is_empty() {
        out.push_str("0.0");
    } else {
        push_digits(out, digits, exponent - zeros as i32);
    }
}

/// Appends `d.ddd * 10^exponent` for digits without zeros around them.
fn push_digits(out: &mut String, digits: &str, exponent: i32) {
    match exponent {
        -4..0 => {
            out.push_str(&"0.000"[..(1 - exponent) as usize]);
            out.push_str(digits);
        }
        0..16 => {
            let whole = exponent as usize + 1;
            let (front, fraction) = digits.split_at(whole.min(digits.len()));
            out.push_str(front);
            out.extend(std::iter::repeat_n('0', whole - front.len()));
            out.push('.');
            out.push_str(if fraction.is_empty() { "0" } else { fraction });
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            out.push_str(first);
            if !rest.is_empty() {
                out.push('.');
                out.push_str(rest);
            }
            let sign = if exponent < 0 { '-' } else { '+' };
            // Writing to a String cannot fail.
            let _ = write!(out, "e{sign}{:02}", exponent.unsigned_abs());
        }
    }
}

/// Appends an unscaled decimal with `scale` digits after the point. Without digits before the point
/// (`precision == scale`) DuckDB writes no zero there.
pub(super) fn push_decimal(out: &mut String, unscaled: i128, precision: u8, scale: i8) {
    let start = out.len();
    let _ = write!(out, "{unscaled}");
    place_decimal_point(out, start, precision, scale);
}

/// [`push_decimal`] for 256 bits.
pub(super) fn push_wide_decimal(out: &mut String, unscaled: i256, precision: u8, scale: i8) {
    let start = out.len();
    let _ = write!(out, "{unscaled}");
    place_decimal_point(out, start, precision, scale);
}

fn place_decimal_point(out: &mut String, start: usize, precision: u8, scale: i8) {
    if scale == 0 {
        return;
    }
    let first = if out[start..].starts_with('-') { start + 1 } else { start };
    let digits = out.len() - first;
    let Ok(scale) = usize::try_from(scale) else {
        // A negative scale stands for zeros before the point.
        if &out[first..] != "0" {
            out.extend(std::iter::repeat_n('0', usize::from(scale.unsigned_abs())));
        }
        return;
    };
    let whole_digits = usize::from(usize::from(precision) > scale);
    let missing = (scale + whole_digits).saturating_sub(digits);
    if missing > 0 {
        out.insert_str(first, &"0".repeat(missing));
    }
    out.insert(out.len() - scale, '.');
}
