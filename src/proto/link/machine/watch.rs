//! Watches an open socket: heartbeats, stalls, and whether this machine was asleep.

use std::time::Duration;

use super::Link;
use crate::link::{LinkState, Now, Output, Timer};

impl Link {
    pub(super) fn holds(&mut self, now: Now) {
        self.timers.clear(Timer::Poll);
        self.enter(LinkState::Connected);
        self.watch(now);
    }

    /// One at a time: while an answer is awaited, another ping would only push its deadline away.
    pub(super) fn ping(&mut self, now: Now) {
        self.timers.set(Timer::Ping, now.at + self.config.ping_every);
        if !self.timers.is_set(Timer::Pong) {
            self.outputs.push_back(Output::Ping(self.generation));
            self.timers.set(Timer::Pong, now.at + self.config.pong_within);
            self.round_trips.ping(now.at);
        }
    }

    /// Any message proves that the peer is alive: a peer busy sending may answer a ping late.
    pub(super) fn alive(&mut self, now: Now) {
        if !self.is_open() {
            return;
        }
        self.timers.clear(Timer::Pong);
        self.silence.broken(now.at, self.config.stall_after.unwrap_or_default());
        self.watch(now);
    }

    pub(super) fn expect(&mut self, expecting: bool, now: Now) {
        let begins = expecting && !self.expecting;
        self.expecting = expecting;
        if !expecting {
            self.timers.clear(Timer::Stall);
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
            self.timers.set(Timer::Stall, (now.at + after).min(self.silence.ends(self.config.stall_reconnect_after)));
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
            self.failed(now);
        }
    }

    /// A timer that fires this late means that the machine was suspended (a closed laptop, a paused VM). All deadlines of an open socket are
    /// restarted, and one ping tests whether it is alive.
    pub(super) fn forgive_sleep(&mut self, now: Now) {
        let late = self.timers.next().map_or(Duration::ZERO, |(_, at)| now.at.saturating_sub(at));
        if late < self.config.ping_every || !self.is_open() {
            return;
        }
        let polling = self.timers.is_set(Timer::Poll);
        while self.timers.due(now.at).is_some() {}
        self.silence.restart(now.at);
        self.timers.set(Timer::Stable, now.at + self.config.stable_after);
        self.ping(now);
        if self.is_polling() {
            self.timers.set(Timer::Hold, now.at + self.config.hold_for);
        }
        if polling && !self.timers.is_set(Timer::Poll) {
            self.poll(now);
        }
        self.watch(now);
    }
}
