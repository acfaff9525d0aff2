//! Detects a socket that is open but silent. ComfyUI's muted sockets (fact 1) answer pings, so a pong proves nothing.

use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Silence {
    opened: Duration,
    /// The last message; or, if it is later, the time from which one was expected.
    since: Duration,
    /// A check was made, and no message came since.
    checking: bool,
    /// Sockets given up as silent, one after the other.
    pub(super) in_a_row: u32,
}

/// The timeout doubles at most this often: from a minute to about an hour.
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

    /// A message came. The first ones prove little: a muted socket got its greeting too.
    pub(super) fn broken(&mut self, now: Duration, greeting: Duration) {
        self.restart(now);
        if now.saturating_sub(self.opened) >= greeting {
            self.in_a_row = 0;
        }
    }

    pub(super) fn check(&mut self) {
        self.checking = true;
    }

    /// Whether the result of a check still counts: not after a message came.
    pub(super) fn take_check(&mut self) -> bool {
        std::mem::take(&mut self.checking)
    }

    /// When the timeout ends.
    pub(super) fn ends(&self, patience: Duration) -> Duration {
        self.since + patience.saturating_mul(1 << self.in_a_row.min(DOUBLINGS))
    }
}
