//! What a hidden page does: it receives less, and after a while gives up its socket.

use gloo_timers::callback::Interval;

use super::{state::PageDriver, visibility::Visibility};
use crate::browser::platform::monotonic;
use proto::{
    limits,
    link::Input,
    wire::{ClientMessage, Prefer},
};

/// Between two updates of progress of a hidden page: often enough for its title.
const HIDDEN_TICK_MS: u16 = 1_000;
/// Between two polls of a page that is asleep. Milliseconds.
const SLEEP_POLL: u32 = 60_000;

impl PageDriver {
    /// How much the server is to send to this page.
    pub(super) fn prefer(&self) -> Prefer {
        let preferences = self.0.preferences.get();
        let tick_ms = preferences.tick_ms();
        if self.0.visibility.get() == Visibility::Visible {
            Prefer { previews: preferences.previews, tick_ms }
        } else {
            Prefer { previews: false, tick_ms: tick_ms.max(HIDDEN_TICK_MS) }
        }
    }

    pub(in crate::browser) fn set_hidden(&self, hidden: bool) {
        let before = self.0.visibility.replace(if hidden { Visibility::Hidden(monotonic()) } else { Visibility::Visible });
        self.0.sleep_poll.set(None);
        if hidden {
            self.keep_session();
        }
        self.send(&ClientMessage::Prefer(self.prefer()));
        match before {
            Visibility::Asleep => self.page_event(Input::Start),
            _ if !hidden => self.page_event(Input::RetryNow),
            _ => {}
        }
    }

    /// Closes the socket of a page that was hidden for long, unless a task runs or waits.
    pub(super) fn sleep_when_long_hidden(&self) {
        let Visibility::Hidden(since) = self.0.visibility.get() else { return };
        if self.0.live_updates.get() && monotonic().saturating_sub(since) >= limits::HIDDEN_SLEEP && !self.0.live.is_busy() {
            self.0.visibility.set(Visibility::Asleep);
            self.input(Input::Stop);
            let polling = self.clone();
            self.0.sleep_poll.set(Some(Interval::new(SLEEP_POLL, move || polling.poll())));
        }
    }

    /// Connects a page that is asleep, when a poll found a task that runs or waits.
    pub(super) fn wake_when_busy(&self) {
        if self.0.visibility.get() == Visibility::Asleep && self.0.live.is_busy() {
            self.0.visibility.set(Visibility::Hidden(monotonic()));
            self.0.sleep_poll.set(None);
            self.page_event(Input::Start);
        }
    }
}
