//! Dates and times as text.

const DAY: i128 = 86_400_000_000;

/// Days since 1970 of `YYYY-MM-DD`.
pub(super) fn days(text: &str) -> Option<i128> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some((era * 146_097 + day_of_era - 719_468).into())
}

/// Microseconds of `HH:MM[:SS[.ffffff]]`.
pub(super) fn time_of_day(text: &str) -> Option<i128> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':').map(|part| part.parse::<u32>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    if hours > 24 || minutes > 59 || seconds > 59 || parts.next().is_some() || fraction.len() > 6 {
        return None;
    }
    let micros: u32 = format!("{fraction:0<6}").parse().ok()?;
    Some(i128::from((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + i128::from(micros))
}

/// Microseconds since 1970 of a date, perhaps with a time.
pub(super) fn micros(text: &str) -> Option<i128> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    Some(days(date)? * DAY + time_of_day(time)?)
}
