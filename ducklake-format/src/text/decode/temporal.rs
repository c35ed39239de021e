//! Dates, times and timestamps from text.

use std::borrow::Cow;

use super::Parsed;
use crate::text::calendar::{self, DATE_INFINITY, DAY_SECONDS, TIMESTAMP_INFINITY};

const SECOND_NANOS: i64 = 1_000_000_000;
const DAY_NANOS: i64 = DAY_SECONDS * SECOND_NANOS;
const OUT_OF_RANGE: &str = "out of range";
const TOO_PRECISE: &str = "more digits of a second than the type has";

/// DuckDB's offsets stay below 16 hours.
const MAX_OFFSET: i64 = 16 * 3600 - 1;

/// Days since 1970-01-01 of `2024-01-31`, `0044-03-15 (BC)`, `infinity`, `-infinity` or `epoch`.
pub(super) fn parse_date(text: &str) -> Parsed<i32> {
    if let Some(special) = special(text) {
        return Ok(match special {
            Special::Infinity => DATE_INFINITY,
            Special::MinusInfinity => -DATE_INFINITY,
            Special::Epoch => 0,
        });
    }
    let mut reader = Reader::new(text);
    let days = reader.date()?;
    reader.finish("text after the date")?;
    // The values of the infinities cannot be written as dates.
    i32::try_from(days).ok().filter(|days| *days > -DATE_INFINITY && *days < DATE_INFINITY).ok_or(OUT_OF_RANGE)
}

/// The time of day `12:30:00.5` (up to `24:00:00`) in units of that many nanoseconds.
pub(super) fn parse_time(text: &str, unit_nanos: i64) -> Parsed<i64> {
    let mut reader = Reader::new(text);
    let nanos = reader.clock()?;
    reader.finish("text after the time")?;
    if nanos % unit_nanos == 0 { Ok(nanos / unit_nanos) } else { Err(TOO_PRECISE) }
}

/// A time with offset, written as DuckDB does: `12:30:00.5+05:30`.
pub(super) fn canonical_timetz(text: &str) -> Parsed<Cow<'_, str>> {
    let mut reader = Reader::new(text.trim_ascii());
    let nanos = reader.clock()?;
    let offset = reader.offset()?.unwrap_or(0);
    reader.finish("text after the time")?;
    if nanos % 1_000 != 0 {
        return Err(TOO_PRECISE);
    }
    let mut canonical = String::with_capacity(text.len());
    calendar::push_clock(&mut canonical, nanos.unsigned_abs() / 1_000, 6);
    // At most 16 hours.
    calendar::push_offset(&mut canonical, offset as i32);
    Ok(Cow::Owned(canonical))
}

/// A timestamp in units of that many nanoseconds since 1970-01-01: a date, then perhaps a time of day, then
/// perhaps an offset. With `zoned` the value is moved to UTC by it; without, only UTC itself is understood.
pub(super) fn parse_timestamp(text: &str, unit_nanos: i64, zoned: bool) -> Parsed<i64> {
    if let Some(special) = special(text) {
        return Ok(match special {
            Special::Infinity => TIMESTAMP_INFINITY,
            Special::MinusInfinity => -TIMESTAMP_INFINITY,
            Special::Epoch => 0,
        });
    }
    let mut reader = Reader::new(text);
    let days = reader.date()?;
    let (mut clock, mut offset) = (0, 0);
    if !reader.rest.is_empty() {
        if !reader.take(b'T') && !reader.take(b't') {
            reader.skip_spaces();
        }
        clock = reader.clock()?;
        offset = reader.offset()?.unwrap_or(0);
        reader.finish("text after the timestamp")?;
        if offset != 0 && !zoned {
            return Err("an offset on a timestamp without time zone");
        }
    }
    let nanos = i128::from(days) * i128::from(DAY_NANOS) + i128::from(clock) - i128::from(offset * SECOND_NANOS);
    let unit_nanos = i128::from(unit_nanos);
    if nanos % unit_nanos != 0 {
        return Err(TOO_PRECISE);
    }
    // The values of the infinities cannot be written as timestamps.
    let value = i64::try_from(nanos / unit_nanos).map_err(|_| OUT_OF_RANGE)?;
    if value > -TIMESTAMP_INFINITY && value < TIMESTAMP_INFINITY { Ok(value) } else { Err(OUT_OF_RANGE) }
}

enum Special {
    Infinity,
    MinusInfinity,
    Epoch,
}

fn special(text: &str) -> Option<Special> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("infinity") {
        Some(Special::Infinity)
    } else if is("-infinity") {
        Some(Special::MinusInfinity)
    } else {
        is("epoch").then_some(Special::Epoch)
    }
}

/// Takes a text apart from the front.
struct Reader<'t> {
    rest: &'t [u8],
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self { rest: text.as_bytes() }
    }

    fn finish(&self, otherwise: &'static str) -> Parsed<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(otherwise) }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn skip_spaces(&mut self) {
        while self.take(b' ') {}
    }

    /// A number of one to `max` digits.
    fn digits(&mut self, max: usize) -> Parsed<i64> {
        let count = self.rest.iter().take(max).take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        if digits.is_empty() {
            return Err("digits are missing");
        }
        Ok(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    fn separated(&mut self, separator: u8, max: usize) -> Parsed<i64> {
        if self.take(separator) { self.digits(max) } else { Err("expected the form of an ISO date and time") }
    }

    /// `2024-01-31` with an optional ` (BC)`.
    fn date(&mut self) -> Parsed<i64> {
        let written = self.digits(7)?;
        let month = self.separated(b'-', 2)? as u32;
        let day = self.separated(b'-', 2)? as u32;
        let before_spaces = self.rest;
        self.skip_spaces();
        let year = if self.rest.get(..4).is_some_and(|era| era.eq_ignore_ascii_case(b"(BC)")) {
            self.rest = &self.rest[4..];
            if written == 0 {
                return Err("there is no year 0 BC");
            }
            1 - written
        } else {
            self.rest = before_spaces;
            written
        };
        if !(1..=12).contains(&month) || day == 0 || day > calendar::month_days(year, month) {
            return Err("no such day");
        }
        Ok(calendar::days_from_civil(year, month, day))
    }

    /// `12:30[:00[.5]]` in nanoseconds.
    fn clock(&mut self) -> Parsed<i64> {
        let hours = self.digits(2)?;
        let minutes = self.separated(b':', 2)?;
        let mut seconds = 0;
        let mut fraction = 0;
        if self.take(b':') {
            seconds = self.digits(2)?;
            if self.take(b'.') {
                fraction = self.fraction()?;
            }
        }
        let nanos = (hours * 3600 + minutes * 60 + seconds) * SECOND_NANOS + fraction;
        if minutes > 59 || seconds > 59 || nanos > DAY_NANOS { Err("no such time of day") } else { Ok(nanos) }
    }

    /// Digits after a decimal point, in billionths; none at all are allowed.
    fn fraction(&mut self) -> Parsed<i64> {
        let count = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        let mut nanos = 0;
        for position in 0..digits.len().max(9) {
            let digit = digits.get(position).map_or(0, |digit| i64::from(digit - b'0'));
            if position < 9 {
                nanos = nanos * 10 + digit;
            } else if digit != 0 {
                return Err(TOO_PRECISE);
            }
        }
        Ok(nanos)
    }

    /// `Z`, `UTC`, `+05`, `+05:30`, `+0530` or `+05:30:15` in seconds east of Greenwich; `None` at the end.
    fn offset(&mut self) -> Parsed<Option<i64>> {
        self.skip_spaces();
        if self.rest.is_empty() {
            return Ok(None);
        }
        if self.rest.eq_ignore_ascii_case(b"Z") || self.rest.eq_ignore_ascii_case(b"UTC") {
            self.rest = &[];
            return Ok(Some(0));
        }
        let negative = self.take(b'-');
        if !negative && !self.take(b'+') {
            return Err("expected an offset from UTC");
        }
        let hours = self.digits(2)?;
        let (mut minutes, mut seconds) = (0, 0);
        if self.take(b':') || !self.rest.is_empty() {
            minutes = self.digits(2)?;
            if self.take(b':') {
                seconds = self.digits(2)?;
            }
        }
        let offset = hours * 3600 + minutes * 60 + seconds;
        if minutes > 59 || seconds > 59 || offset > MAX_OFFSET {
            return Err("no such offset from UTC");
        }
        Ok(Some(if negative { -offset } else { offset }))
    }
}
