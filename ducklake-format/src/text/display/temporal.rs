//! Text of dates, times and timestamps.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::text::calendar::{self, DATE_INFINITY, DAY_SECONDS, TIMESTAMP_INFINITY};

/// Appends a `date` given in days since 1970-01-01.
pub(super) fn push_date(out: &mut String, days: i32) {
    match days {
        DATE_INFINITY => out.push_str("infinity"),
        d if d == -DATE_INFINITY => out.push_str("-infinity"),
        _ => calendar::push_days(out, i64::from(days)),
    }
}

/// Appends a time of day in units of `10^-digits` seconds. Values that are no time of day are shown as the
/// hours, minutes and seconds they amount to.
pub(super) fn push_time(out: &mut String, time: i64, digits: u32) {
    if time < 0 {
        out.push('-');
    }
    calendar::push_clock(out, time.unsigned_abs(), digits);
}

/// Appends a timestamp in units of `10^-digits` seconds, in `zone` and with its offset where it has one.
pub(super) fn push_timestamp(out: &mut String, value: i64, digits: u32, zone: Option<Tz>) {
    if value == TIMESTAMP_INFINITY {
        return out.push_str("infinity");
    }
    if value == -TIMESTAMP_INFINITY {
        return out.push_str("-infinity");
    }
    let per_second = 10i64.pow(digits);
    let seconds = value.div_euclid(per_second);
    let fraction = value.rem_euclid(per_second);
    let offset = zone.map(|zone| offset_at(zone, seconds));
    let local = seconds.saturating_add(i64::from(offset.unwrap_or(0)));
    let clock = local.rem_euclid(DAY_SECONDS) * per_second + fraction;
    calendar::push_days(out, local.div_euclid(DAY_SECONDS));
    out.push(' ');
    calendar::push_clock(out, clock.unsigned_abs(), digits);
    if let Some(offset) = offset {
        // Offsets of local mean time are shown without their seconds.
        calendar::push_offset(out, offset / 60 * 60);
    }
}

/// Seconds east of Greenwich at an instant given in seconds since 1970-01-01 UTC.
fn offset_at(zone: Tz, seconds: i64) -> i32 {
    if zone == Tz::UTC {
        return 0;
    }
    DateTime::from_timestamp(within_table(seconds), 0)
        .map_or(0, |instant| zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc())
}

/// The time zone table ends in 2100 and starts with local mean time: later instants are moved to an equal
/// year (same weekdays, same length) that the table still covers, since its last rule goes on for ever.
fn within_table(seconds: i64) -> i64 {
    const EARLIEST: i64 = -300_000_000_000; // some 7500 BC
    const YEAR_2094: i64 = 3_913_056_000;
    if seconds < YEAR_2094 {
        return seconds.max(EARLIEST);
    }
    let (year, _, _) = calendar::civil_from_days(seconds.div_euclid(DAY_SECONDS));
    let start = calendar::days_from_civil(year, 1, 1);
    let equal_start = (2066..2094)
        .filter(|candidate| calendar::is_leap(*candidate) == calendar::is_leap(year))
        .map(|candidate| calendar::days_from_civil(candidate, 1, 1))
        .find(|candidate| candidate.rem_euclid(7) == start.rem_euclid(7));
    match equal_start {
        Some(equal) => seconds - (start - equal) * DAY_SECONDS,
        None => seconds,
    }
}
