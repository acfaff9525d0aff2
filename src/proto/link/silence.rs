//! Measures how long an open socket has been silent while messages are expected. Silence alone proves nothing: a node may compute for minutes.
//! It is a stall when a check over HTTP finds an event that the socket did not deliver, or when it lasts very long. ComfyUI's muted sockets (fact 1) answer pings, so a pong proves nothing.

use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Silence {
    opened: Duration,
    /// When the last message arrived, or when messages became expected, whichever is later.
    since: Duration,
    /// A check was made, and no message arrived since.
    checking: bool,
    /// Consecutive sockets that were closed because of silence.
    pub(super) in_a_row: u32,
}

/// The timeout doubles at most this often: from a minute to about an hour.
const DOUBLINGS: u32 = 6;

impl Silence {
    pub(super) fn opened(&mut self, now: Duration) {
        self.opened = now;
        self.restart(now);
    }

    /// Messages are expected from now on.
    pub(super) fn restart(&mut self, now: Duration) {
        self.since = now;
        self.checking = false;
    }

    /// A message arrived. The first ones prove little: a muted socket gets a greeting, too.
    pub(super) fn broken(&mut self, now: Duration, greeting: Duration) {
        self.restart(now);
        if now.saturating_sub(self.opened) >= greeting {
            self.in_a_row = 0;
        }
    }

    pub(super) fn check(&mut self) {
        self.checking = true;
    }

    /// Whether the result of a check is still valid: not if a message arrived meanwhile.
    pub(super) fn take_check(&mut self) -> bool {
        std::mem::take(&mut self.checking)
    }

    /// When the timeout ends.
    pub(super) fn ends(&self, patience: Duration) -> Duration {
        self.since + patience.saturating_mul(1 << self.in_a_row.min(DOUBLINGS))
    }
}
