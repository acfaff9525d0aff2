//! Until when this process may change something at a ComfyUI.
//!
//! A Darkroom that shares its tasks with others (in PostgreSQL) may send, cancel and delete only while it is their owner. Whether it still is, it
//! cannot know for certain: it may be stopped, or its machine suspended, between any two instructions, and meanwhile another one takes over. So its
//! right ends by a clock, a little before anybody else can have it, and is asked directly before each write to a socket.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio_util::sync::CancellationToken;

use super::boot_clock::BootInstant;

/// The right of this process, which is extended with each renewal of its lease. Clones are the same right. At first it is over.
#[derive(Clone, Debug)]
pub struct ChangeRight {
    /// In nanoseconds of [`BootInstant`].
    until: Arc<AtomicU64>,
    lost: CancellationToken,
}

impl ChangeRight {
    /// `lost` ends it for good.
    #[must_use]
    pub fn new(lost: CancellationToken) -> Self {
        Self { until: Arc::default(), lost }
    }

    /// It lasts until then.
    pub fn extend_to(&self, until: BootInstant) {
        self.until.fetch_max(until.nanoseconds(), Ordering::SeqCst);
    }

    /// Gives it up, at once.
    pub fn end(&self) {
        self.until.store(0, Ordering::SeqCst);
    }

    #[must_use]
    pub fn holds_at(&self, now: BootInstant) -> bool {
        now.nanoseconds() < self.until.load(Ordering::SeqCst) && !self.lost.is_cancelled()
    }
}

/// A right, perhaps for a shorter time: that of one request.
#[derive(Clone, Debug)]
pub(super) struct WriteGuard {
    pub(super) right: ChangeRight,
    pub(super) until: Option<BootInstant>,
}

impl WriteGuard {
    pub(super) fn may_write(&self) -> bool {
        let now = BootInstant::now();
        self.until.is_none_or(|until| now < until) && self.right.holds_at(now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> BootInstant {
        BootInstant::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_right_lasts_as_long_as_its_last_extension() {
        let right = ChangeRight::new(CancellationToken::new());
        assert!(!right.holds_at(at(0)), "nobody gave it yet");
        right.extend_to(at(10));
        // An answer that was overtaken by a later one.
        right.extend_to(at(7));
        assert!(right.holds_at(at(9)) && !right.holds_at(at(10)));
    }

    #[test]
    fn a_right_that_was_given_up_or_lost_is_over_for_all_who_have_it() {
        let (lost, given_up) = (CancellationToken::new(), ChangeRight::new(CancellationToken::new()));
        let right = ChangeRight::new(lost.clone());
        for (right, end) in
            [(&right, &(Box::new(|| lost.cancel()) as Box<dyn Fn()>)), (&given_up, &(Box::new(|| given_up.end()) as Box<dyn Fn()>))]
        {
            let other = right.clone();
            right.extend_to(at(10));
            assert!(other.holds_at(at(1)));
            end();
            assert!(!other.holds_at(at(1)));
        }
        // A renewal whose answer comes too late.
        right.extend_to(at(20));
        assert!(!right.holds_at(at(11)));
    }
}
