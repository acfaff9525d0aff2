//! Heartbeats: decides that the connection is late.
//!
//! A ping is sent when the socket opens and every `ping_every` (a page to Darkroom: 30 s). Then a message of any kind must arrive within
//! `pong_within` (8 s), or the connection counts as lost: [`Link::heartbeat_timed_out`]. See [`LinkConfig`](crate::link::LinkConfig).

use std::time::Duration;

use super::Link;
use crate::link::{Loss, Now, Output, Timer};

impl Link {
    /// No message has arrived within `pong_within` of a ping: the connection is late, and counts as lost. Called when `Timer::Pong` is due, which
    /// [`Link::ping`] sets.
    pub(super) fn heartbeat_timed_out(&mut self, now: Now) {
        self.lost(Loss::Dropped, now);
    }

    /// The peer answered the ping. It is a message like any other ([`Link::alive`]); what it tells besides is the round-trip time.
    pub(super) fn pong(&mut self, now: Now) {
        self.clear_heartbeat();
        self.round_trips.pong(now.at);
    }

    fn clear_heartbeat(&mut self) {
        self.timers.clear(Timer::Pong);
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
        self.clear_heartbeat();
        self.silence.broken(now.at, self.config.stall_after.unwrap_or_default());
        self.watch(now);
    }

    /// A timer that is overdue by `ping_every` means that the machine itself was suspended (a closed laptop, a paused VM), which says nothing about the
    /// peer. All deadlines of an open socket are restarted, and one ping finds out: without an answer to it, the connection is late as usual.
    pub(super) fn forgive_sleep(&mut self, now: Now) {
        let overdue = self.timers.next().map_or(Duration::ZERO, |(_, at)| now.at.saturating_sub(at));
        if overdue < self.config.ping_every || !self.is_open() {
            return;
        }
        let polling = self.timers.is_set(Timer::Poll);
        // Removes every timer that is due.
        while self.timers.take_due(now.at).is_some() {}
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
