//! Dates of a search: calendar days of the proleptic Gregorian calendar, at a fixed offset from UTC.

use std::fmt;

use crate::{limits, time::Timestamp};

/// When and where a search is read: `date:today` depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Today {
    pub now: Timestamp,
    /// Local time minus UTC: 60 in Berlin in winter.
    pub utc_offset_minutes: i32,
}

const ACCEPTED: &str = "Write a date such as 2026, 2026-11, 2026-11-05, today, yesterday or 7d; two of them with .. between them; or one after \
                        >, >=, < or <=.";
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// The end of the year 9999: with later clocks it is this day for ever.
const LAST_MOMENT_MS: u64 = 253_402_300_799_999;

/// Local days since 1970-01-01: from the first to before the second.
type Days = (i64, i64);

/// What `date:` is followed by, as two moments: from the first to before the second. Moments before 1970 become 0.
///
/// # Errors
/// What can be written.
pub(super) fn read_dates(text: &str, today: Today) -> Result<(Option<Timestamp>, Option<Timestamp>), String> {
    let now = local_day(today);
    let one = |text: &str| days(text, now).ok_or_else(|| ACCEPTED.to_owned());
    let (from, before) = if let Some(text) = text.strip_prefix(">=") {
        (Some(one(text)?.0), None)
    } else if let Some(text) = text.strip_prefix('>') {
        (Some(one(text)?.1), None)
    } else if let Some(text) = text.strip_prefix("<=") {
        (None, Some(one(text)?.1))
    } else if let Some(text) = text.strip_prefix('<') {
        (None, Some(one(text)?.0))
    } else {
        match text.split_once("..") {
            Some(("", "")) => return Err(ACCEPTED.to_owned()),
            Some((first, "")) => (Some(one(first)?.0), None),
            Some(("", last)) => (None, Some(one(last)?.1)),
            Some((first, last)) => (Some(one(first)?.0), Some(one(last)?.1)),
            None => one(text).map(|(from, before)| (Some(from), Some(before)))?,
        }
    };
    if let (Some(from), Some(before)) = (from, before)
        && from >= before
    {
        return Err("The second date is before the first. Write the earlier one first.".into());
    }
    let moment = |day: i64| {
        let local = day.saturating_mul(DAY_MS);
        Timestamp(u64::try_from(local.saturating_sub(offset_ms(today))).unwrap_or_default())
    };
    Ok((from.map(moment), before.map(moment)))
}

fn offset_ms(today: Today) -> i64 {
    i64::from(today.utc_offset_minutes) * MINUTE_MS
}

fn local_day(today: Today) -> i64 {
    let now = i64::try_from(today.now.0.min(LAST_MOMENT_MS)).unwrap_or_default();
    (now + offset_ms(today)).div_euclid(DAY_MS)
}

fn days(text: &str, today: i64) -> Option<Days> {
    match text.to_ascii_lowercase().as_str() {
        "today" => return Some((today, today + 1)),
        "yesterday" => return Some((today - 1, today)),
        text => {
            if let Some(count) = text.strip_suffix('d') {
                let count = digits(count).filter(|count| (1..=limits::SEARCH_DAYS).contains(count))?;
                return Some((today + 1 - count, today + 1));
            }
        }
    }
    let mut parts = text.split('-');
    let year = parts.next().filter(|year| year.len() == 4).and_then(digits)?;
    let mut short = || parts.next().map(|part| Some(part).filter(|part| (1..=2).contains(&part.len())).and_then(digits).ok_or(()));
    let (month, day) = (short().transpose().ok()?, short().transpose().ok()?);
    if parts.next().is_some() {
        return None;
    }
    match (month, day) {
        (None, _) => Some((day_number(year, 1, 1), day_number(year + 1, 1, 1))),
        (Some(month), _) if !(1..=12).contains(&month) => None,
        (Some(month), None) => Some((day_number(year, month, 1), after_month(year, month))),
        (Some(month), Some(day)) => {
            let number = day_number(year, month, day);
            (day >= 1 && number < after_month(year, month)).then_some((number, number + 1))
        }
    }
}

fn after_month(year: i64, month: i64) -> i64 {
    if month == 12 { day_number(year + 1, 1, 1) } else { day_number(year, month + 1, 1) }
}

fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Days since 1970-01-01. Months begin with March in this count, so that a leap day is the last of a year; 400 years have 146,097 days.
pub(crate) fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let (year, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * months + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarDay {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

/// `2026-11-05`.
impl fmt::Display for CalendarDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
}

/// The day and the time of a moment, in UTC. A moment after the year 9999 is its last one.
#[must_use]
pub fn day_and_time(at: Timestamp) -> (CalendarDay, TimeOfDay) {
    let seconds = at.0.min(LAST_MOMENT_MS) / 1_000;
    let day = i64::try_from(seconds / 86_400).unwrap_or_default();
    (day_of_number(day), TimeOfDay { hour: seconds / 3_600 % 24, minute: seconds / 60 % 60, second: seconds % 60 })
}

/// The inverse of [`day_number`].
fn day_of_number(number: i64) -> CalendarDay {
    // Days since 0000-03-01, and since the beginning of a cycle of 400 years.
    let days = number + 719_468;
    let (cycle, day_of_cycle) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let months = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months + 2) / 5 + 1;
    let month = if months < 10 { months + 3 } else { months - 9 };
    CalendarDay { year: cycle * 400 + year_of_cycle + i64::from(month <= 2), month, day }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_a_number_has_this_number() {
        for number in (0..2_932_896).step_by(13).chain([0, 59, 60, 11_016, 2_932_895]) {
            let CalendarDay { year, month, day } = day_of_number(number);
            assert_eq!(day_number(year, month, day), number);
            assert!((1..=12).contains(&month) && (1..=31).contains(&day) && number < after_month(year, month));
        }
        let (day, time) = day_and_time(Timestamp(951_782_399_999));
        assert_eq!((day.to_string().as_str(), time), ("2000-02-28", TimeOfDay { hour: 23, minute: 59, second: 59 }));
        assert_eq!(day_and_time(Timestamp(u64::MAX)).0.to_string(), "9999-12-31");
    }
}
