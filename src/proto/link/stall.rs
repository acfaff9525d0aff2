//! Suspicion against a socket that is open but says nothing. ComfyUI's zombies (fact 1) answer pings, so a pong acquits nobody.

use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Silence {
    opened: Duration,
    /// The last message; or, if it is later, the time from which one was expected.
    since: Duration,
    /// The peer was asked, and nothing was heard since.
    checking: bool,
    /// Sockets given up as silent, one after the other.
    pub(super) in_a_row: u32,
}

/// The patience doubles at most this often: from a minute to about an hour.
const DOUBLINGS: u32 = 6;

impl Silence {
    pub(super) fn opened(&mut self, now: Duration) {
        self.opened = now;
        self.restart(now);
    }

    /// From now on a message is expected.
    pub(super) fn restart(&mut self, now: Duration) {
        self.since = now;
        self.checking = false;
    }

    /// A message came. The first ones prove little: a socket that goes silent got its greeting too.
    pub(super) fn broken(&mut self, now: Duration, greeting: Duration) {
        self.restart(now);
        if now.saturating_sub(self.opened) >= greeting {
            self.in_a_row = 0;
        }
    }

    pub(super) fn check(&mut self) {
        self.checking = true;
    }

    /// Whether the answer of a check still counts: no, once a message came.
    pub(super) fn take_check(&mut self) -> bool {
        std::mem::take(&mut self.checking)
    }

    /// When the patience ends.
    pub(super) fn ends(&self, patience: Duration) -> Duration {
        self.since + patience.saturating_mul(1 << self.in_a_row.min(DOUBLINGS))
    }
}
