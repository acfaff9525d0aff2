//! How much somebody may still do: so much at once, and so much more with time (a token bucket).

use std::time::{Duration, Instant};

/// How much there is: `burst` at once, and one more each `every`.
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

    /// As time: an allowance grows by itself.
    const fn most(self) -> Duration {
        self.every.saturating_mul(self.burst)
    }
}

/// Of one connection, or one address.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    left: Duration,
    at: Instant,
}

impl Allowance {
    #[must_use]
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { left: rate.most(), at: now }
    }

    fn left(&self, rate: Rate, now: Instant) -> Duration {
        (self.left + now.saturating_duration_since(self.at)).min(rate.most())
    }

    /// How long until there is something left; zero when there is.
    #[must_use]
    pub fn wait(&self, rate: Rate, now: Instant) -> Duration {
        rate.every.saturating_sub(self.left(rate, now))
    }

    /// Nothing of it is used: as good as a new one.
    #[must_use]
    pub fn is_whole(&self, rate: Rate, now: Instant) -> bool {
        self.left(rate, now) == rate.most()
    }

    /// One thing was done. False: it was one too many.
    pub fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let left = self.left(rate, now);
        (self.left, self.at) = (left.saturating_sub(rate.every), now);
        left >= rate.every
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const RATE: Rate = Rate::new(100, Duration::from_millis(50));

    fn taken(allowance: &mut Allowance, now: Instant) -> usize {
        (0..10_000).take_while(|_| allowance.take(RATE, now)).count()
    }

    #[test]
    fn a_burst_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut allowance = Allowance::new(RATE, start);
        assert_eq!(taken(&mut allowance, start), 100);
        assert_eq!(allowance.wait(RATE, start), RATE.every);
        assert_eq!(taken(&mut allowance, start + SECOND), 20);
        assert_eq!(taken(&mut allowance, start + 3_600 * SECOND), 100, "silence saves up no more than a burst");
        assert!(!allowance.is_whole(RATE, start + 3_600 * SECOND) && allowance.is_whole(RATE, start + 7_200 * SECOND));
    }

    #[test]
    fn who_keeps_to_the_rate_is_never_stopped() {
        let start = Instant::now();
        let mut allowance = Allowance::new(RATE, start);
        assert!((0..10_000).all(|nth| allowance.take(RATE, start + nth * RATE.every)));
    }
}
