//! Intervals from text.

use arrow::datatypes::IntervalMonthDayNano;

use super::Parsed;

const OUT_OF_RANGE: &str = "out of range";
const SECOND_NANOS: i128 = 1_000_000_000;

/// An interval as DuckDB prints it (`1 year 2 months -3 days 04:05:06.789`), as PostgreSQL does
/// (`1 year 2 mons -3 days +04:05:06.789`), or as counts of units (`14 months -3 days 5 microseconds`).
pub(super) fn parse_interval(text: &str) -> Parsed<IntervalMonthDayNano> {
    let mut words = text.split_ascii_whitespace();
    let (mut months, mut days, mut nanos) = (0i128, 0i128, 0i128);
    let mut parts = 0;
    while let Some(word) = words.next() {
        let (negative, number) = match word.as_bytes().first() {
            Some(b'-') => (true, &word[1..]),
            Some(b'+') => (false, &word[1..]),
            _ => (false, word),
        };
        let sign = if negative { -1 } else { 1 };
        if number.contains(':') {
            nanos += sign * clock(number)?;
        } else {
            let unit = words.next().ok_or("a number without a unit")?;
            match unit_of(unit).ok_or("unknown unit")? {
                Unit::Months(factor) => months += sign * whole(number)? * factor,
                Unit::Days(factor) => days += sign * whole(number)? * factor,
                Unit::Nanos(factor) => nanos += sign * decimal(number, factor)?,
            }
        }
        parts += 1;
        // Each part is bounded by its digits, so that a few of them cannot overflow.
        if parts > 32 {
            return Err("too many parts");
        }
    }
    if parts == 0 {
        return Err("an empty interval");
    }
    Ok(IntervalMonthDayNano {
        months: i32::try_from(months).map_err(|_| OUT_OF_RANGE)?,
        days: i32::try_from(days).map_err(|_| OUT_OF_RANGE)?,
        nanoseconds: i64::try_from(nanos).map_err(|_| OUT_OF_RANGE)?,
    })
}

enum Unit {
    Months(i128),
    Days(i128),
    Nanos(i128),
}

fn unit_of(word: &str) -> Option<Unit> {
    let word = word.to_ascii_lowercase();
    Some(match word.strip_suffix('s').unwrap_or(&word) {
        "millennium" | "millennia" => Unit::Months(12_000),
        "century" | "centurie" => Unit::Months(1_200),
        "decade" => Unit::Months(120),
        "year" | "yr" => Unit::Months(12),
        "month" | "mon" => Unit::Months(1),
        "week" => Unit::Days(7),
        "day" => Unit::Days(1),
        "hour" | "hr" => Unit::Nanos(3_600 * SECOND_NANOS),
        "minute" | "min" => Unit::Nanos(60 * SECOND_NANOS),
        "second" | "sec" => Unit::Nanos(SECOND_NANOS),
        "millisecond" | "msec" => Unit::Nanos(1_000_000),
        "microsecond" | "usec" => Unit::Nanos(1_000),
        _ => return None,
    })
}

/// A count of up to 19 digits.
fn whole(text: &str) -> Parsed<i128> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("not a whole number");
    }
    if text.len() > 19 {
        return Err(OUT_OF_RANGE);
    }
    text.parse().map_err(|_| OUT_OF_RANGE)
}

/// A number with digits after the point, times a unit in nanoseconds.
fn decimal(text: &str, unit: i128) -> Parsed<i128> {
    let Some((number, fraction)) = text.split_once('.') else { return Ok(whole(text)? * unit) };
    let number = if number.is_empty() { 0 } else { whole(number)? };
    if fraction.is_empty() {
        return Ok(number * unit);
    }
    let part = whole(fraction)? * unit;
    let divisor = 10i128.pow(fraction.len() as u32);
    if part % divisor == 0 { Ok(number * unit + part / divisor) } else { Err("finer than a nanosecond") }
}

/// `25:00:00.5` in nanoseconds; hours may have any number of digits.
fn clock(text: &str) -> Parsed<i128> {
    let mut parts = text.split(':');
    let mut next = || parts.next();
    let hours = whole(next().unwrap_or_default())?;
    let minutes = whole(next().unwrap_or_default())?;
    let seconds = decimal(next().unwrap_or("0"), SECOND_NANOS)?;
    if next().is_some() || minutes > 59 || seconds >= 60 * SECOND_NANOS {
        return Err("not a time");
    }
    Ok((hours * 3_600 + minutes * 60) * SECOND_NANOS + seconds)
}
