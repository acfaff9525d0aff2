//! Round-trip time and its variation, smoothed as in TCP (RFC 6298, section 2), in whole microseconds.

use std::time::Duration;

/// The quality of the current socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Smoothed time from ping to pong.
    pub round_trip: Duration,
    /// Its smoothed mean deviation.
    pub jitter: Duration,
}

#[derive(Debug, Default)]
pub(super) struct RoundTrips {
    /// When the unanswered ping was sent. `None` also while two are unanswered: their pongs cannot be distinguished.
    pinged: Option<Duration>,
    on_their_way: u32,
    smoothed: Option<(u32, u32)>,
}

impl RoundTrips {
    pub(super) fn ping(&mut self, now: Duration) {
        self.on_their_way += 1;
        self.pinged = (self.on_their_way == 1).then_some(now);
    }

    pub(super) fn pong(&mut self, now: Duration) {
        self.on_their_way = self.on_their_way.saturating_sub(1);
        let Some(pinged) = self.pinged.take() else { return };
        let sample = u32::try_from(now.saturating_sub(pinged).as_micros()).unwrap_or(u32::MAX);
        self.smoothed = Some(match self.smoothed {
            None => (sample, sample / 2),
            Some((mean, deviation)) => (mean - mean / 8 + sample / 8, deviation - deviation / 4 + mean.abs_diff(sample) / 4),
        });
    }

    pub(super) fn quality(&self) -> Option<Quality> {
        self.smoothed.map(|(mean, deviation)| Quality {
            round_trip: Duration::from_micros(mean.into()),
            jitter: Duration::from_micros(deviation.into()),
        })
    }
}
