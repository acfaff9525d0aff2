//! The wall clock, and times as text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use proto::time::Timestamp;

/// Now, in milliseconds since the Unix epoch.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// RFC 3339, in UTC, with milliseconds. A time after [`jiff::Timestamp::MAX`] (the end of the year 9999) becomes that.
#[must_use]
pub fn rfc3339(Timestamp(ms): Timestamp) -> String {
    let at = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    format!("{:.3}", at.unwrap_or(jiff::Timestamp::MAX))
}

/// The inverse of [`rfc3339`], from any time zone. Times before 1970 become 1970.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    // In a query, a plus sign that was not percent-encoded arrives as a space.
    let is_lost_plus = bytes.len() > 20 && bytes.get(bytes.len() - 6) == Some(&b' ');
    let text = if is_lost_plus { format!("{}+{}", &text[..bytes.len() - 6], &text[bytes.len() - 5..]) } else { text.to_owned() };
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(u64::try_from(at.as_millisecond()).unwrap_or(0)))
}

/// Sums up the time in which something was on.
#[derive(Default)]
pub struct Stopwatch {
    before: Duration,
    since: Option<Instant>,
}

impl Stopwatch {
    pub fn set(&mut self, on: bool) {
        match (on, self.since) {
            (true, None) => self.since = Some(Instant::now()),
            (false, Some(since)) => {
                self.before += since.elapsed();
                self.since = None;
            }
            _ => {}
        }
    }

    #[must_use]
    pub fn total(&self) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_formatted_and_parsed() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_194_714_015, "2026-11-20T17:11:54.015Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ];
        for (ms, text) in cases {
            assert_eq!(rfc3339(Timestamp(ms)), text);
            assert_eq!(parse_rfc3339(text), Some(Timestamp(ms)));
        }
        // The last date of JavaScript, and what only a broken clock or an error in the arithmetic gives.
        for ms in [8_640_000_000_000_000, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
            assert_eq!(rfc3339(Timestamp(ms)), "9999-12-30T22:00:00.999Z", "{ms}");
        }
        assert_eq!(parse_rfc3339("9999-12-30T22:00:00.999Z"), Some(Timestamp(253_402_207_200_999)));
        assert_eq!(rfc3339(Timestamp(253_402_207_200_999)), "9999-12-30T22:00:00.999Z");
        let same = ["2026-11-20T18:11:54.015+01:00", "2026-11-20T18:11:54.015 01:00", "2026-11-20t17:11:54.015z"];
        assert!(same.iter().all(|text| parse_rfc3339(text) == Some(Timestamp(1_795_194_714_015))));
        assert_eq!(parse_rfc3339("0001-01-01T00:00:00Z"), Some(Timestamp(0)));
        for wrong in ["", "yesterday", "2026-11-20", "2026-13-20T17:11:54Z", "2026-11-20T17:11:54", "äääääääääääääääääääää 01:00"]
        {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopwatch_adds_up_its_intervals() {
        let mut watch = Stopwatch::default();
        for on in [true, true, false, false, true] {
            watch.set(on);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(watch.total(), Duration::from_secs(3));
    }
}
