//! The settings of a link: one struct, which users can configure and tests can inspect.

use std::time::Duration;

#[derive(Clone, Debug, PartialEq)]
pub struct LinkConfig {
    /// The ceiling of the first wait after a failure; it doubles with each failure in a row.
    pub backoff_first: Duration,
    /// The ceiling of every wait.
    pub backoff_max: Duration,
    /// Polling begins at this many failures in a row.
    pub poll_after: u32,
    /// Time between polls while something runs at the peer.
    pub poll_busy: Duration,
    /// Time between polls while nothing runs there.
    pub poll_idle: Duration,
    /// A socket opened while polling must stay open this long before the link counts as connected. Polling continues until then.
    pub hold_for: Duration,
    /// Time between pings. Less than 60 s, after which proxies close idle sockets.
    pub ping_every: Duration,
    /// The socket is dead if neither a pong nor a message arrives within this time after a ping.
    pub pong_within: Duration,
    /// Timeout of opening a socket.
    pub open_within: Duration,
    /// The failure count is reset after the link was up this long.
    pub stable_after: Duration,
    /// Open but silent for this long while something runs: checked over HTTP. `None` where silence is normal.
    pub stall_after: Option<Duration>,
    /// A socket that is silent for this long while something runs is replaced, even if no event was missed. Doubles each time.
    pub stall_reconnect_after: Duration,
    /// How long a restart of the peer is expected to take. The wait is between half and one and a half of it.
    pub restart_pause: Duration,
    /// Time until the next socket after the peer refused one. A check over HTTP shows whether the peer refuses everything. `None`: a refusal is final.
    pub refused_retry: Option<Duration>,
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
            hold_for: seconds(2),
            ping_every: seconds(25),
            pong_within: seconds(8),
            open_within: seconds(10),
            stable_after: seconds(30),
            stall_after: Some(seconds(5)),
            stall_reconnect_after: seconds(60),
            restart_pause: seconds(2),
            refused_retry: Some(seconds(60)),
        }
    }

    /// A browser to Darkroom. Darkroom answers pings in the order of its messages, so a socket that answers pings also delivers messages.
    #[must_use]
    pub fn browser() -> Self {
        Self { ping_every: seconds(30), poll_idle: seconds(1), stall_after: None, refused_retry: None, ..Self::upstream() }
    }

    /// # Errors
    /// The first setting that conflicts with the others, and its valid range.
    pub fn check(&self) -> Result<(), &'static str> {
        let positive = |limit: Duration| !limit.is_zero();
        let rules = [
            (positive(self.backoff_first), "backoff_first must be above 0"),
            (self.backoff_first <= self.backoff_max, "backoff_first must be at most backoff_max"),
            (self.poll_after > 0, "poll_after must be at least 1"),
            (positive(self.poll_busy), "poll_busy must be above 0"),
            (self.poll_busy <= self.poll_idle, "poll_idle must be at least poll_busy"),
            (positive(self.pong_within), "pong_within must be above 0"),
            (self.pong_within < self.ping_every, "pong_within must be below ping_every"),
            (positive(self.open_within), "open_within must be above 0"),
            (positive(self.stable_after), "stable_after must be above 0"),
            (self.hold_for < self.stable_after, "hold_for must be below stable_after"),
            (self.stall_after.is_none_or(positive), "stall_after must be above 0"),
            (self.stall_after.is_none_or(|after| after < self.stall_reconnect_after), "stall_reconnect_after must be above stall_after"),
            (positive(self.restart_pause), "restart_pause must be above 0"),
            (self.refused_retry.is_none_or(positive), "refused_retry must be above 0"),
        ];
        rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err(rule))
    }

    pub(super) fn backoff(&self, failures: u32, jitter: f64) -> Duration {
        backoff(self.backoff_first, self.backoff_max, failures, jitter)
    }
}

/// Full jitter: uniform between a tenth and all of the ceiling, which doubles with each failure. Clients that lost their connections at the
/// same time reconnect spread over the whole ceiling. The lower bound of a tenth prevents immediate retries.
pub(super) fn backoff(first: Duration, max: Duration, failures: u32, jitter: f64) -> Duration {
    let doubled = first.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(max).mul_f64(0.1 + 0.9 * jitter.clamp(0.0, 1.0))
}
