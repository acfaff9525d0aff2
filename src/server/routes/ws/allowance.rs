//! How many messages a connection may still send: a burst, and so many more each second (a token bucket).

use std::time::{Duration, Instant};

use crate::proto::limits;

/// What one message costs, as time: the allowance grows by itself.
const COST: Duration = Duration::from_millis(1_000 / limits::CLIENT_MESSAGES_PER_SECOND as u64);
const MOST: Duration = Duration::from_millis(COST.as_millis() as u64 * limits::CLIENT_BURST as u64);

pub(super) struct Allowance {
    left: Duration,
    at: Instant,
}

impl Allowance {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: MOST, at: now }
    }

    /// One message came. False: it was one too many.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let left = (self.left + now.saturating_duration_since(self.at)).min(MOST);
        (self.left, self.at) = (left.saturating_sub(COST), now);
        left >= COST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn taken(allowance: &mut Allowance, now: Instant) -> usize {
        (0..10_000).take_while(|_| allowance.take(now)).count()
    }

    #[test]
    fn a_burst_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        assert_eq!(taken(&mut allowance, start), limits::CLIENT_BURST as usize);
        assert_eq!(taken(&mut allowance, start + SECOND), limits::CLIENT_MESSAGES_PER_SECOND as usize);
        assert_eq!(taken(&mut allowance, start + 3_600 * SECOND), limits::CLIENT_BURST as usize, "silence saves up no more than a burst");
    }

    #[test]
    fn who_keeps_to_the_rate_is_never_stopped() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        assert!((0..10_000).all(|nth| allowance.take(start + nth * COST)));
    }
}
