//! Watches an open socket on which messages are expected: is it silent, and is that a stall?

use super::Link;
use crate::link::{LinkState, Now, Output, Timer};

impl Link {
    pub(super) fn holds(&mut self, now: Now) {
        self.timers.clear(Timer::Poll);
        self.enter(LinkState::Connected);
        self.watch(now);
    }

    pub(super) fn expect(&mut self, expecting: bool, now: Now) {
        let begins = expecting && !self.expecting;
        self.expecting = expecting;
        if !expecting {
            self.timers.clear(Timer::Silence);
        } else if begins {
            self.silence.restart(now.at);
            self.watch(now);
            if self.timers.is_set(Timer::Poll) {
                self.timers.set(Timer::Poll, now.at + self.config.poll_busy);
            }
        }
    }

    /// Starts the stall timer, if silence is suspicious now.
    pub(super) fn watch(&mut self, now: Now) {
        if let Some(after) = self.config.stall_after
            && self.expecting
            && self.state == LinkState::Connected
        {
            self.timers.set(Timer::Silence, (now.at + after).min(self.silence.ends(self.config.stall_reconnect_after)));
        }
    }

    pub(super) fn silent(&mut self, now: Now) {
        if now.at >= self.silence.ends(self.config.stall_reconnect_after) {
            return self.stalled(now);
        }
        self.silence.check();
        self.outputs.push_back(Output::Check);
        self.watch(now);
    }

    pub(super) fn checked(&mut self, missed: bool, now: Now) {
        // Also when no message is expected any more: the check may have found that the last task ended.
        if self.silence.take_check() && self.state == LinkState::Connected {
            if missed { self.stalled(now) } else { self.watch(now) }
        }
    }

    /// The peer answers HTTP, but its socket is silent: reconnects at once. Repeated stalls count as failures.
    pub(super) fn stalled(&mut self, now: Now) {
        self.counters.stalled += 1;
        self.silence.in_a_row += 1;
        if self.silence.in_a_row == 1 {
            self.connect(now, LinkState::Connecting);
        } else {
            self.reconnect_later(now);
        }
    }
}
