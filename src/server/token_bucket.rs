//! A token bucket: so many tokens at once, and one more each interval.

use std::time::{Duration, Instant};

/// `burst` tokens at once, and one more each `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    every: Duration,
    burst: u32,
}

impl Rate {
    #[must_use]
    pub const fn new(burst: u32, every: Duration) -> Self {
        Self { every, burst }
    }

    /// The level of a full bucket. Levels are measured in time, so that a bucket fills up without a timer.
    const fn capacity(self) -> Duration {
        self.every.saturating_mul(self.burst)
    }
}

/// The bucket of one connection or one address.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    /// At the time `updated`.
    level: Duration,
    updated: Instant,
}

impl TokenBucket {
    #[must_use]
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { level: rate.capacity(), updated: now }
    }

    fn level(&self, rate: Rate, now: Instant) -> Duration {
        (self.level + now.saturating_duration_since(self.updated)).min(rate.capacity())
    }

    /// How long until there is a token; zero when there is one.
    #[must_use]
    pub fn wait(&self, rate: Rate, now: Instant) -> Duration {
        rate.every.saturating_sub(self.level(rate, now))
    }

    /// It is in the same state as a new one.
    #[must_use]
    pub fn is_full(&self, rate: Rate, now: Instant) -> bool {
        self.level(rate, now) == rate.capacity()
    }

    /// Takes a token. False when there is none.
    pub fn acquire(&mut self, rate: Rate, now: Instant) -> bool {
        let level = self.level(rate, now);
        (self.level, self.updated) = (level.saturating_sub(rate.every), now);
        level >= rate.every
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const RATE: Rate = Rate::new(100, Duration::from_millis(50));

    fn acquired(bucket: &mut TokenBucket, now: Instant) -> usize {
        (0..10_000).take_while(|_| bucket.acquire(RATE, now)).count()
    }

    #[test]
    fn a_burst_is_followed_by_the_configured_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(RATE, start);
        assert_eq!(acquired(&mut bucket, start), 100);
        assert_eq!(bucket.wait(RATE, start), RATE.every);
        assert_eq!(acquired(&mut bucket, start + SECOND), 20);
        assert_eq!(acquired(&mut bucket, start + 3_600 * SECOND), 100, "silence saves up no more than a burst");
        assert!(!bucket.is_full(RATE, start + 3_600 * SECOND) && bucket.is_full(RATE, start + 7_200 * SECOND));
    }

    #[test]
    fn a_client_within_the_rate_is_never_limited() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(RATE, start);
        assert!((0..10_000).all(|nth| bucket.acquire(RATE, start + nth * RATE.every)));
    }
}
