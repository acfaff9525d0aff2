//! What a page nobody looks at does: less, and after a while almost nothing.

use std::time::Duration;

use gloo_timers::callback::Interval;

use super::Driver;
use crate::browser::monotonic;
use proto::{
    limits,
    link::Input,
    wire::{ClientMessage, Prefer},
};

/// Progress of a hidden page: often enough for its title.
const HIDDEN_TICK_MS: u16 = 1_000;
/// Between two questions of a page that sleeps. Milliseconds.
const ASLEEP: u32 = 60_000;

/// What a page nobody looks at does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hidden {
    No,
    /// It gets no previews, and progress once a second: its title and its icon stay true.
    Since(Duration),
    /// For long, and nothing ran: without a socket, it asks once a minute.
    Asleep,
}

impl Driver {
    /// What the server is to be told of how much this page wants to hear.
    pub(super) fn prefer(&self) -> Prefer {
        let preferences = self.0.preferences.get();
        let tick_ms = preferences.tick_ms();
        if self.0.hidden.get() == Hidden::No {
            Prefer { previews: preferences.previews, tick_ms }
        } else {
            Prefer { previews: false, tick_ms: tick_ms.max(HIDDEN_TICK_MS) }
        }
    }

    pub(in crate::browser) fn set_hidden(&self, hidden: bool) {
        let before = self.0.hidden.replace(if hidden { Hidden::Since(monotonic()) } else { Hidden::No });
        self.0.asks.set(None);
        if hidden {
            self.keep_session();
        }
        self.send(&ClientMessage::Prefer(self.prefer()));
        match before {
            Hidden::Asleep => self.page_event(Input::Start),
            _ if !hidden => self.page_event(Input::RetryNow),
            _ => {}
        }
    }

    /// Nobody has looked for long, and nothing is under way: the socket is not worth its keep.
    pub(super) fn sleep_when_long_hidden(&self) {
        let Hidden::Since(since) = self.0.hidden.get() else { return };
        if self.0.wanted.get() && monotonic().saturating_sub(since) >= limits::HIDDEN_SLEEP && !self.0.live.is_busy() {
            self.0.hidden.set(Hidden::Asleep);
            self.input(Input::Stop);
            let asking = self.clone();
            self.0.asks.set(Some(Interval::new(ASLEEP, move || asking.poll())));
        }
    }

    pub(super) fn wake_when_busy(&self) {
        if self.0.hidden.get() == Hidden::Asleep && self.0.live.is_busy() {
            self.0.hidden.set(Hidden::Since(monotonic()));
            self.0.asks.set(None);
            self.page_event(Input::Start);
        }
    }
}
