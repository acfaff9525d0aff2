//! Dates of a search: calendar days of the proleptic Gregorian calendar, at a fixed offset from UTC.

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
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let (year, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * months + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// The year, month and day that so many days after 1970-01-01 is: the inverse of [`day_number`].
pub(super) fn date(day_number: i64) -> (i64, i64, i64) {
    let day = day_number.saturating_add(719_468);
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let months = (5 * day_of_year + 2) / 153;
    let (year, month) = if months < 10 { (year, months + 3) } else { (year + 1, months - 9) };
    (era * 400 + year, month, day_of_year - (153 * months + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::{date, day_number};

    #[test]
    fn a_date_and_its_number_belong_together() {
        for number in (-800_000..800_000).step_by(97).chain([0, 59, 60, 11_016, 20_786]) {
            let (year, month, day) = date(number);
            assert_eq!(day_number(year, month, day), number, "{year}-{month}-{day}");
        }
        assert_eq!((date(0), date(11_016)), ((1970, 1, 1), (2000, 2, 29)));
    }
}
