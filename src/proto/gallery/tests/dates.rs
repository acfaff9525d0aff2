use proptest::prelude::*;

use super::support::{TODAY, condition, error};
use crate::{
    gallery::{Condition, Search, Today},
    time::Timestamp,
};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// 2026-01-01 00:00 UTC by `date -d`.
const NEW_YEAR: u64 = 1_767_225_600_000;
/// 2026-11-30 00:00 in Berlin: what TODAY is in.
const THIRTIETH: u64 = NEW_YEAR + 333 * DAY - HOUR;

fn date(from: Option<u64>, before: Option<u64>) -> Condition {
    Condition::Date { from: from.map(Timestamp), before: before.map(Timestamp) }
}

#[test]
fn days_months_and_years_begin_at_local_midnight() {
    assert_eq!(condition("date:2026"), date(Some(NEW_YEAR - HOUR), Some(NEW_YEAR + 365 * DAY - HOUR)));
    assert_eq!(condition("date:2026-11"), date(Some(NEW_YEAR + 304 * DAY - HOUR), Some(NEW_YEAR + 334 * DAY - HOUR)));
    assert_eq!(condition("date:2026-11-05"), date(Some(NEW_YEAR + 308 * DAY - HOUR), Some(NEW_YEAR + 309 * DAY - HOUR)));
    assert_eq!(condition("date:2026-12"), date(Some(NEW_YEAR + 334 * DAY - HOUR), Some(NEW_YEAR + 365 * DAY - HOUR)));
}

#[test]
fn relative_dates_are_days_of_the_local_calendar() {
    assert_eq!(condition("date:today"), date(Some(THIRTIETH), Some(THIRTIETH + DAY)));
    assert_eq!(condition("date:Yesterday"), date(Some(THIRTIETH - DAY), Some(THIRTIETH)));
    assert_eq!(condition("date:7d"), date(Some(THIRTIETH - 6 * DAY), Some(THIRTIETH + DAY)));
    assert_eq!(condition("date:1d"), condition("date:today"));
}

#[test]
fn a_range_of_dates_includes_both_ends() {
    assert_eq!(condition("date:2026-10..2026-11"), date(Some(NEW_YEAR + 273 * DAY - HOUR), Some(NEW_YEAR + 334 * DAY - HOUR)));
    assert_eq!(condition("date:2026.."), date(Some(NEW_YEAR - HOUR), None));
    assert_eq!(condition("date:..2025"), date(None, Some(NEW_YEAR - HOUR)));
}

#[test]
fn a_comparison_is_with_all_of_the_date() {
    assert_eq!(condition("date:>2025"), date(Some(NEW_YEAR - HOUR), None));
    assert_eq!(condition("date:>=2026"), date(Some(NEW_YEAR - HOUR), None));
    assert_eq!(condition("date:<2026"), date(None, Some(NEW_YEAR - HOUR)));
    assert_eq!(condition("date:<=2025"), date(None, Some(NEW_YEAR - HOUR)));
}

#[test]
fn leap_days_are_those_of_the_gregorian_calendar() {
    for day in ["2024-02-29", "2000-02-29", "2400-02-29"] {
        condition(&format!("date:{day}"));
    }
    for day in ["2026-02-29", "2100-02-29", "2024-02-30", "2026-04-31", "2026-13", "2026-00", "2026-01-00"] {
        error(&format!("date:{day}"));
    }
}

#[test]
fn what_is_no_date_is_answered_with_what_is_one() {
    for wrong in ["x", "26", "20265", "2026-", "2026-1-1-1", "2026-001", "..", ">", "0d", "d", "40000d", "2026..x", "+2026", "٢٠٢٦"] {
        let error = error(&format!("date:{wrong}"));
        assert!(error.message.contains("2026-11-05"), "{wrong}: {error}");
    }
    assert!(error("date:2026..2025").message.contains("earlier"));
}

#[test]
fn moments_before_1970_are_its_first() {
    assert_eq!(condition("date:1900..1969"), date(Some(0), Some(0)));
    assert_eq!(condition("date:1970-01-01"), date(Some(0), Some(DAY - HOUR)));
}

proptest! {
    /// Every moment is in the day that `today` means then, and days follow each other without a gap.
    #[test]
    fn now_is_always_today(now in 0_u64..250_000_000_000_000, offset in -14_i32 * 60..=14 * 60) {
        let now = now + DAY;
        let day = |name: &str| {
            let today = Today { now: Timestamp(now), utc_offset_minutes: offset };
            match &Search::parse(&format!("date:{name}"), today).unwrap().terms[0].condition {
                Condition::Date { from: Some(from), before: Some(before) } => (from.0, before.0),
                other => panic!("{other:?}"),
            }
        };
        let (from, before) = day("today");
        prop_assert!((from..before).contains(&now));
        prop_assert!(before - from == DAY || from == 0);
        prop_assert_eq!(day("yesterday").1, from);
    }

    /// Days of the calendar, one after the other, have no gaps: compared with a count from day to day.
    #[test]
    fn the_day_after_a_day_begins_where_it_ends(year in 1970_u32..9999, month in 1_u32..=12, day in 1_u32..=31) {
        let utc = Today { now: TODAY.now, utc_offset_minutes: 0 };
        let range = |text: String| match Search::parse(&text, utc).map(|search| search.terms[0].condition.clone()) {
            Ok(Condition::Date { from: Some(from), before: Some(before) }) => Some((from.0, before.0)),
            _ => None,
        };
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month { 2 => 28 + u32::from(is_leap), 4 | 6 | 9 | 11 => 30, _ => 31 };
        let own = range(format!("date:{year}-{month:02}-{day:02}"));
        prop_assert_eq!(own.is_some(), day <= length);
        if let Some((_, before)) = own {
            let (y, m, d) = if day < length { (year, month, day + 1) } else if month < 12 { (year, month + 1, 1) } else { (year + 1, 1, 1) };
            if y <= 9999 {
                prop_assert_eq!(range(format!("date:{y}-{m}-{d}")).map(|(from, _)| from), Some(before));
            }
        }
    }
}
