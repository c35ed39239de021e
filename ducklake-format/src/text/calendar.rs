//! Days, clock times and offsets as DuckDB writes them, over ranges that calendar libraries do not cover.

/// The `date` that stands for `infinity`; its negation is `-infinity` (DuckLake spec, data types).
pub(super) const DATE_INFINITY: i32 = i32::MAX;

/// The `timestamp` of any unit that stands for `infinity`; its negation is `-infinity`.
pub(super) const TIMESTAMP_INFINITY: i64 = i64::MAX;

/// Seconds of a day.
pub(super) const DAY_SECONDS: i64 = 86_400;

const ERA_DAYS: i64 = 146_097;
const EPOCH_FROM_ERA_START: i64 = 719_468;

/// Days since 1970-01-01 of a day in the proleptic Gregorian calendar; year 0 is 1 BC. The month must be
/// 1 to 12; a day beyond the month's end runs on into the next month.
pub(super) fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA_DAYS + day_of_era - EPOCH_FROM_ERA_START
}

/// Year, month and day of days since 1970-01-01; the inverse of [`days_from_civil`].
pub(super) fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + EPOCH_FROM_ERA_START;
    let era = days.div_euclid(ERA_DAYS);
    let day_of_era = days.rem_euclid(ERA_DAYS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = (if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 }) as u32;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// Days of a month.
pub(super) fn month_days(year: i64, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

pub(super) fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// Appends `2024-01-31` or `0044-03-15 (BC)`; years above 9999 get the digits they need.
pub(super) fn push_days(out: &mut String, days: i64) {
    let (year, month, day) = civil_from_days(days);
    // There is no year 0 in print: year 0 is 1 BC.
    let shown = if year > 0 { year } else { 1 - year };
    push_padded(out, shown.unsigned_abs(), 4);
    out.push('-');
    push_padded(out, u64::from(month), 2);
    out.push('-');
    push_padded(out, u64::from(day), 2);
    if year <= 0 {
        out.push_str(" (BC)");
    }
}

/// Appends `HH:MM:SS[.f]` for a time in units of `10^-digits` seconds; hours take the digits they need.
pub(super) fn push_clock(out: &mut String, time: u64, digits: u32) {
    let per_second = 10u64.pow(digits);
    let seconds = time / per_second;
    push_padded(out, seconds / 3600, 2);
    out.push(':');
    push_padded(out, seconds / 60 % 60, 2);
    out.push(':');
    push_padded(out, seconds % 60, 2);
    let mut fraction = time % per_second;
    if fraction > 0 {
        let mut width = digits as usize;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            width -= 1;
        }
        out.push('.');
        push_padded(out, fraction, width);
    }
}

/// Appends `+HH`, with `:MM` and `:SS` where they are needed, for seconds east of Greenwich.
pub(super) fn push_offset(out: &mut String, offset: i32) {
    out.push(if offset < 0 { '-' } else { '+' });
    let seconds = u64::from(offset.unsigned_abs());
    push_padded(out, seconds / 3600, 2);
    if !seconds.is_multiple_of(3600) {
        out.push(':');
        push_padded(out, seconds / 60 % 60, 2);
        if !seconds.is_multiple_of(60) {
            out.push(':');
            push_padded(out, seconds % 60, 2);
        }
    }
}

/// Appends a number with at least `width` digits.
pub(super) fn push_padded(out: &mut String, mut number: u64, width: usize) {
    let mut buffer = [b'0'; 20];
    let mut start = buffer.len();
    while number > 0 {
        start -= 1;
        buffer[start] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    let start = start.min(buffer.len().saturating_sub(width));
    out.extend(buffer[start..].iter().map(|b| char::from(*b)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_correspond() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (19_782, "2024-02-29"),
            (-719_162, "0001-01-01"),
            (-719_163, "0001-12-31 (BC)"),
            (2_147_483_646, "5881580-07-10"),
        ] {
            let mut out = String::new();
            push_days(&mut out, days);
            assert_eq!(out, text);
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }

    #[test]
    fn clocks_trim_their_fraction() {
        for (micros, text) in
            [(0, "00:00:00"), (86_400_000_000, "24:00:00"), (1, "00:00:00.000001"), (500_000, "00:00:00.5")]
        {
            let mut out = String::new();
            push_clock(&mut out, micros, 6);
            assert_eq!(out, text);
        }
    }
}
