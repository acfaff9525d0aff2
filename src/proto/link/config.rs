//! The limits of a link. One struct, so that a person can set them and a test can see them.

use std::time::Duration;

#[derive(Clone, Debug, PartialEq)]
pub struct LinkConfig {
    /// The ceiling of the first wait; it doubles with each failure.
    pub backoff_first: Duration,
    pub backoff_max: Duration,
    /// Polling begins at this many failures in a row.
    pub poll_after: u32,
    pub poll_busy: Duration,
    pub poll_idle: Duration,
    pub ping_every: Duration,
    pub pong_within: Duration,
    pub open_within: Duration,
    /// The failure count is forgotten after the link was up this long.
    pub stable_after: Duration,
    /// Open but silent for this long while something runs: broken. `None` where silence is normal.
    pub stall_after: Option<Duration>,
    /// How long a restart of the peer is expected to take.
    pub restart_pause: Duration,
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl LinkConfig {
    /// Darkroom to ComfyUI.
    #[must_use]
    pub fn upstream() -> Self {
        Self {
            backoff_first: seconds(1),
            backoff_max: seconds(30),
            poll_after: 5,
            poll_busy: seconds(1),
            poll_idle: seconds(5),
            ping_every: seconds(25),
            pong_within: seconds(8),
            open_within: seconds(10),
            stable_after: seconds(30),
            // A node without steps may be silent for minutes: the ComfyUI is asked, and the answer says whether all is well.
            stall_after: None,
            restart_pause: seconds(2),
        }
    }

    /// A browser to Darkroom.
    #[must_use]
    pub fn browser() -> Self {
        Self { ping_every: seconds(30), poll_idle: seconds(1), ..Self::upstream() }
    }

    /// Full jitter: anything from a tenth to the whole of the doubled wait, so that a thousand clients never come back together.
    pub(super) fn backoff(&self, failures: u32, jitter: f64) -> Duration {
        let doubled = self.backoff_first.saturating_mul(1 << failures.saturating_sub(1).min(16));
        doubled.min(self.backoff_max).mul_f64(0.1 + 0.9 * jitter.clamp(0.0, 1.0))
    }
}
