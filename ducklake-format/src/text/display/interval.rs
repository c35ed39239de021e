//! Text of intervals.

use std::fmt::Write;

use crate::text::calendar;

/// Appends `1 year 2 months 3 days 04:05:06.789`; parts that are zero are left out, an interval of nothing
/// is `00:00:00`. Days never become months, nor hours days.
pub(super) fn push_interval(out: &mut String, months: i64, days: i64, nanos: i128) {
    let start = out.len();
    push_part(out, start, months / 12, "year");
    push_part(out, start, months % 12, "month");
    push_part(out, start, days, "day");
    if nanos != 0 || out.len() == start {
        if out.len() > start {
            out.push(' ');
        }
        if nanos < 0 {
            out.push('-');
        }
        push_long_clock(out, nanos.unsigned_abs());
    }
}

fn push_part(out: &mut String, start: usize, count: i64, unit: &str) {
    if count == 0 {
        return;
    }
    let space = if out.len() > start { " " } else { "" };
    let plural = if count.unsigned_abs() == 1 { "" } else { "s" };
    // Writing to a String cannot fail.
    let _ = write!(out, "{space}{count} {unit}{plural}");
}

/// Seconds-based durations exceed what 64 bits hold in nanoseconds, so hours are written apart.
fn push_long_clock(out: &mut String, nanos: u128) {
    const HOUR: u128 = 3_600_000_000_000;
    let hours = nanos / HOUR;
    let mut rest = String::new();
    calendar::push_clock(&mut rest, (nanos % HOUR) as u64, 9);
    calendar::push_padded(out, u64::try_from(hours).unwrap_or(u64::MAX), 2);
    out.push_str(&rest[2..]);
}
