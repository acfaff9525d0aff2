//! Classifies the response to an attempt.

use std::time::Duration;

use crate::{limits, time::Timestamp};

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    Delivered,
    /// To be retried; not before `not_before`, if the receiver sent `Retry-After`.
    Retry {
        not_before: Option<Timestamp>,
    },
    /// 410 Gone: the receiver wants no more messages.
    Gone,
}

impl AttemptOutcome {
    /// `status`: of the response, if there was one. `retry_after`: the response's header.
    #[must_use]
    pub fn of(status: Option<u16>, retry_after: Option<Duration>, now: Timestamp) -> Self {
        match status {
            Some(200..=299) => Self::Delivered,
            Some(410) => Self::Gone,
            Some(429 | 503) => Self::Retry { not_before: retry_after.map(|wait| now.plus(wait.min(limits::WEBHOOK_RETRY_AFTER))) },
            _ => Self::Retry { not_before: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_is_success_and_only_410_is_the_end() {
        let now = Timestamp(1_000);
        let of = |status, wait: Option<u64>| AttemptOutcome::of(status, wait.map(Duration::from_secs), now);
        assert!([200, 202, 204, 299].into_iter().all(|status| of(Some(status), None) == AttemptOutcome::Delivered));
        assert_eq!(of(Some(410), Some(9)), AttemptOutcome::Gone);
        let again = AttemptOutcome::Retry { not_before: None };
        for status in [100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503, 999] {
            assert_eq!(of(Some(status), None), again, "{status}");
        }
        assert_eq!(of(None, None), again);
        // Retry-After counts only with 429 and 503.
        assert_eq!(of(Some(500), Some(60)), again);
        for status in [429, 503] {
            assert_eq!(of(Some(status), Some(60)), AttemptOutcome::Retry { not_before: Some(Timestamp(61_000)) });
            assert_eq!(of(Some(status), Some(u64::MAX)), AttemptOutcome::Retry { not_before: Some(Timestamp(86_401_000)) });
        }
    }
}
