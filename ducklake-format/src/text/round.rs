//! Rounding numbers while they are text, where no digit is lost.

/// A decimal number, in plain or exponent form, as plain text with at most `scale` digits after the point. Halves are
/// rounded away from zero, as DuckDB rounds where it casts text and decimals. `None` for text that is no such number,
/// or one of more than a few hundred digits.
pub fn round_decimal(text: &str, scale: usize) -> Option<String> {
    /// Beyond it no type has digits.
    const MAX_EXPONENT: i64 = 400;
    let text = text.trim_ascii();
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i64>().ok().filter(|e| e.abs() <= MAX_EXPONENT)?),
        None => (text, 0),
    };
    let (sign, number) = match number.as_bytes().first()? {
        b'-' => ("-", &number[1..]),
        b'+' => ("", &number[1..]),
        _ => ("", number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Digits before the point, and those that are kept.
    let point = i64::try_from(whole.len()).ok()? + exponent;
    let kept = point + i64::try_from(scale).ok()?;
    let digit = |at: i64| usize::try_from(at).ok().and_then(|at| digits.get(at)).copied().unwrap_or(b'0');
    let mut result: Vec<u8> = (point.min(0)..kept.max(point.min(0))).map(digit).collect();
    if digit(kept) >= b'5' && kept >= 0 {
        let mut carried = true;
        for digit in result.iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                carried = false;
                break;
            }
            *digit = b'0';
        }
        if carried {
            result.insert(0, b'1');
        }
    }
    let whole_digits = result.len().saturating_sub(scale);
    let text: String = result.iter().map(|digit| char::from(*digit)).collect();
    let (whole, fraction) = text.split_at(whole_digits);
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        for (text, scale, rounded) in [
            ("7.005", 2, "7.01"),
            ("-7.005", 2, "-7.01"),
            ("7.0049999", 2, "7.00"),
            ("999.995", 2, "1000.00"),
            ("0.5", 0, "1"),
            ("0.49", 0, "0"),
            ("-2.5", 0, "-3"),
            ("2.345e2", 1, "234.5"),
            ("2345e-3", 2, "2.35"),
            ("5e-1", 0, "1"),
            ("5e-2", 0, "0"),
            ("9e-9", 2, "0.00"),
            (".5", 1, "0.5"),
            ("12", 2, "12.00"),
            ("1e3", 0, "1000"),
        ] {
            assert_eq!(round_decimal(text, scale).as_deref(), Some(rounded), "{text} at {scale}");
        }
        for text in ["", "-", "nan", "1.2.3", "1e", "0x10", "1e999999", "1_000"] {
            assert_eq!(round_decimal(text, 2), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn as_numbers_are_rounded(value in -1_000_000_000i64..1_000_000_000, scale in 0usize..6, places in 0usize..6) {
            let factor = 10i128.pow(6);
            let text = format!("{}e-{places}", value);
            let exact = i128::from(value) * factor / 10i128.pow(places as u32);
            let unit = factor / 10i128.pow(scale as u32);
            let half = unit / 2;
            let expected = (exact.abs() + half) / unit * unit;
            let rounded = round_decimal(&text, scale).unwrap();
            let plain: String = rounded.chars().filter(|c| c.is_ascii_digit()).collect();
            let got = plain.parse::<i128>().unwrap() * unit;
            prop_assert_eq!(got, expected, "{} at {} is {}", text, scale, rounded);
        }
    }
}
