//! The timers of a link: at most one of each kind.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Reconnect (while polling: open a probe).
    Retry,
    /// Next poll over HTTP.
    Poll,
    /// Timeout of opening the socket.
    Opening,
    /// Next ping.
    Ping,
    /// Timeout of the pong.
    Pong,
    /// The probe stayed open: stop polling.
    Hold,
    /// The link is stable: reset the failure count.
    Stable,
    /// The peer was silent for too long while something runs.
    Silence,
}

const COUNT: usize = 8;
const ALL: [Timer; COUNT] =
    [Timer::Retry, Timer::Poll, Timer::Opening, Timer::Ping, Timer::Pong, Timer::Hold, Timer::Stable, Timer::Silence];

#[derive(Debug, Default)]
pub(super) struct Timers([Option<Duration>; COUNT]);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Duration) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn clear_all(&mut self) {
        *self = Self::default();
    }

    /// The timer that is due first.
    pub(super) fn next(&self) -> Option<(Timer, Duration)> {
        ALL.iter().filter_map(|&timer| Some((timer, self.0[timer as usize]?))).min_by_key(|&(_, at)| at)
    }

    /// Removes and returns the first timer that is due.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Timer> {
        let (timer, _) = self.next().filter(|&(_, at)| at <= now)?;
        self.clear(timer);
        Some(timer)
    }
}
