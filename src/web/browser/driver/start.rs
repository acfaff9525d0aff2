//! Starts the driver, and what it does once a second.

use gloo_timers::callback::Interval;
use send_wrapper::SendWrapper;

use super::state::PageDriver;
use crate::browser::{platform::is_hidden, preferences};
use proto::link::{Input, LinkState};

/// How often "12 s left" becomes "11 s left". Milliseconds.
const CLOCK: u32 = 1_000;
/// How often the tab stores how far it has read, in ticks of that clock.
const KEEP_EVERY: u32 = 5;

impl PageDriver {
    pub(in crate::browser) fn start(&self) {
        let retry = SendWrapper::new(self.clone());
        self.0.live.on_retry(move || {
            retry.0.live_updates.set(true);
            retry.input(Input::RetryNow);
        });
        let off = SendWrapper::new(self.clone());
        self.0.live.on_disconnect(move || {
            off.0.live_updates.set(false);
            off.input(Input::Stop);
        });
        let preferences = self.0.preferences.get();
        self.apply_preferences(preferences);
        self.0.live.set_preferences(preferences);
        let changed = SendWrapper::new(self.clone());
        self.0.live.on_preferences(move |preferences| changed.apply_preferences(preferences));
        preferences::follow_other_tabs(self.0.live);
        let (sender, withdrawer) = (SendWrapper::new(self.0.orders.clone()), SendWrapper::new(self.0.orders.clone()));
        self.0.live.on_order(move |order, label, callback| sender.submit(order, label, callback), move |id| withdrawer.withdraw(id));
        self.0.orders.load();
        let following = SendWrapper::new(self.clone());
        self.0.live.on_projects(move || following.send_projects());
        // A page that polls asks more often while something runs.
        let applied = self.clone();
        self.0.frames.on_applied(move || applied.input(Input::Expecting(applied.0.live.is_busy())));
        let ticking = self.clone();
        self.0.clock.set(Some(Interval::new(CLOCK, move || ticking.tick())));
        if is_hidden() {
            self.set_hidden(true);
        }
        if preferences.auto_connect {
            self.input(Input::Start);
        } else {
            self.show(LinkState::Disconnected);
        }
    }

    fn tick(&self) {
        self.sleep_when_long_hidden();
        self.0.ticks.set(self.0.ticks.get().wrapping_add(1));
        if self.0.ticks.get().is_multiple_of(KEEP_EVERY) {
            self.keep_session();
        }
        if !is_hidden() {
            self.0.live.set_now(self.server_now());
        }
        self.0.previews.release_stale();
    }

    /// Stores how far this tab has read. Called also when the page is left, frozen or hidden, since it may never run again.
    pub(in crate::browser) fn keep_session(&self) {
        self.0.session.keep(self.0.live.resume(), self.server_now());
    }

    /// Another tab changed the stored orders.
    pub(in crate::browser) fn orders_changed(&self) {
        self.0.orders.load();
    }
}
