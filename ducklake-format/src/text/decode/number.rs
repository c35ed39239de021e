//! Booleans, integers, floats and decimals from text.

use std::str::FromStr;

use super::Parsed;

/// `true`, `t`, `1` and their opposites, in any case.
pub(super) fn parse_boolean(text: &str) -> Parsed<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "1", "t"]) {
        Ok(true)
    } else if is(["false", "0", "f"]) {
        Ok(false)
    } else {
        Err("expected true or false")
    }
}

/// A decimal integer. A boolean counts as 1 or 0, because a column may be promoted from boolean and keeps
/// the old text of its initial default.
pub(super) fn parse_integer<T: FromStr + From<bool>>(text: &str) -> Parsed<T> {
    match T::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) if text.eq_ignore_ascii_case("true") => Ok(T::from(true)),
        Err(_) if text.eq_ignore_ascii_case("false") => Ok(T::from(false)),
        Err(_) => Err("not an integer of this range"),
    }
}

/// A float in plain or exponent form, `nan`, `inf`, `infinity` in any case with or without a sign.
pub(super) fn parse_float<T: FromStr + Into<f64> + Copy>(text: &str) -> Parsed<T> {
    let value = T::from_str(text).map_err(|_| "not a number")?;
    // Digits that overflow are an error, and not infinity.
    let spelled = text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_alphabetic());
    if value.into().is_infinite() && !spelled { Err("out of range") } else { Ok(value) }
}

/// A decimal number of at most `precision` digits, as its unscaled value at `scale`. Digits beyond the scale
/// must be zeros: a rounded bound would be wrong.
pub(super) fn parse_decimal(text: &str, precision: u8, scale: i8) -> Parsed<i128> {
    const NO_NUMBER: &str = "not a decimal number";
    const OUT_OF_RANGE: &str = "more digits than the type has";
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().map_err(|_| NO_NUMBER)?),
        None => (text, 0),
    };
    let (negative, number) = match number.as_bytes().first() {
        Some(b'-') => (true, &number[1..]),
        Some(b'+') => (false, &number[1..]),
        _ => (false, number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(NO_NUMBER);
    }
    // How many digits the unscaled value takes from the front of the written ones.
    let taken = i64::try_from(whole.len()).map_err(|_| OUT_OF_RANGE)? + i64::from(exponent) + i64::from(scale);
    let mut value: i128 = 0;
    let mut position: i64 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = i128::from(byte - b'0');
        if position < taken {
            value = value.checked_mul(10).and_then(|v| v.checked_add(digit)).ok_or(OUT_OF_RANGE)?;
        } else if digit != 0 {
            return Err("more digits after the point than the type has");
        }
        position += 1;
    }
    if value != 0 {
        let missing = u32::try_from((taken - position).max(0)).map_err(|_| OUT_OF_RANGE)?;
        let factor = 10i128.checked_pow(missing).ok_or(OUT_OF_RANGE)?;
        value = value.checked_mul(factor).ok_or(OUT_OF_RANGE)?;
    }
    if value >= 10i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX) {
        return Err(OUT_OF_RANGE);
    }
    Ok(if negative { -value } else { value })
}
