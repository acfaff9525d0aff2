//! A peer that refuses sockets: a check over HTTP shows whether it refuses everything, or only sockets.

use super::Link;
use crate::link::{HttpAnswer, LinkState, Now, Output, Timer};

/// A single refusal may be a mishap: while the link works, this many in a row end it.
const REFUSALS: u32 = 3;

impl Link {
    /// Why the peer opens no socket, while it does not.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.why.as_deref()
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self.state, LinkState::Failed { .. })
    }

    /// The peer answered the handshake, but opened no socket.
    pub(super) fn socket_refused(&mut self, why: String, now: Now) {
        if self.config.refused_retry.is_none() {
            return self.stop(LinkState::Failed { why });
        }
        self.close();
        self.refusal.why = Some(why);
        self.ask(now);
        if !self.is_polling() && !self.is_failed() {
            self.enter(LinkState::Connecting);
        }
    }

    /// Asks over HTTP what the refusal of a socket means, or whether a peer that refused everything has changed its mind.
    pub(super) fn ask(&mut self, now: Now) {
        self.refusal.is_asking = true;
        self.counters.polls += 1;
        self.outputs.push_back(Output::Poll);
        // If the driver never reports an answer, the link tries the next socket.
        let patience = self.config.refused_retry.unwrap_or(self.config.open_within);
        self.timers.set(Timer::Retry, now.at + patience);
    }

    pub(super) fn http(&mut self, answer: HttpAnswer, now: Now) {
        match answer {
            HttpAnswer::Refused(why) => {
                self.refusal.in_a_row += 1;
                let works = matches!(self.state, LinkState::Connected | LinkState::Polling { .. });
                if self.refusal.is_asking || (works && self.refusal.in_a_row >= REFUSALS) {
                    self.refuse_for_good(why, now);
                }
            }
            HttpAnswer::Fine => {
                self.refusal.in_a_row = 0;
                if std::mem::take(&mut self.refusal.is_asking) {
                    if self.socket { self.holds(now) } else { self.poll_instead(now) }
                }
            }
            HttpAnswer::Unreachable if std::mem::take(&mut self.refusal.is_asking) => {
                // Whether HTTP works is shown apart from the state of the socket.
                if self.socket { self.holds(now) } else { self.reconnect_later(now) }
            }
            HttpAnswer::Unreachable => {}
        }
    }

    /// Only sockets are refused: HTTP does without them, and one is tried now and then.
    fn poll_instead(&mut self, now: Now) {
        let probe_at = now.at + self.config.refused_retry.unwrap_or(self.config.backoff_max);
        self.timers.set(Timer::Retry, probe_at);
        self.failures = self.failures.max(self.config.poll_after);
        if !self.timers.is_set(Timer::Poll) {
            // The question to HTTP was the first poll.
            self.timers.set(Timer::Poll, now.at + self.poll_interval());
        }
        self.enter(LinkState::Polling { probe_at });
    }

    /// The peer refuses HTTP too: the link enters [`LinkState::Failed`].
    pub(super) fn refuse_for_good(&mut self, why: String, now: Now) {
        self.stop(LinkState::Failed { why });
        self.refusal.in_a_row = 0;
        if let Some(after) = self.config.refused_retry {
            self.timers.set(Timer::Retry, now.at + after);
        }
    }
}
