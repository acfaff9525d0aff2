//! Writes the event log, in debug mode. Otherwise each message costs one look at a [`Cell`].

use std::cell::Cell;

use leptos::logging;

use super::wall_clock;
use crate::{
    live::{Event, Live},
    proto::preferences::Preferences,
};

pub(super) struct Recorder {
    live: Live,
    on: Cell<bool>,
    console: Cell<bool>,
}

impl Recorder {
    pub(super) fn new(live: Live) -> Self {
        Self { live, on: Cell::new(false), console: Cell::new(false) }
    }

    pub(super) fn configure(&self, preferences: Preferences) {
        self.on.set(preferences.debug);
        self.console.set(preferences.log_to_console);
    }

    /// `event` is only made when it is wanted.
    pub(super) fn add(&self, event: impl FnOnce() -> Event) {
        if self.on.get() {
            self.write(event());
        }
    }

    fn write(&self, event: Event) {
        let entry = self.live.record(wall_clock(), event);
        if let Some(entry) = entry.filter(|_| self.console.get()) {
            logging::log!("{}", entry.line());
        }
    }
}
