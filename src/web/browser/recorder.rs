//! Writes the event log in debug mode. Otherwise a message costs one read of a [`Cell`].

use std::cell::Cell;

use leptos::task::spawn_local;

use super::platform::wall_clock;
use crate::live::{Live, LogEvent, print};
use proto::preferences::Preferences;

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

    /// `event` is called only in debug mode.
    pub(super) fn add(&self, event: impl FnOnce() -> LogEvent) {
        if self.on.get() {
            self.write(event());
        }
    }

    fn write(&self, event: LogEvent) {
        let entry = self.live.record(wall_clock(), event);
        if let Some(entry) = entry.filter(|_| self.console.get()) {
            // Its code may fail to load without a network; the entry is in the log all the same.
            spawn_local(async move { drop(print(entry).await) });
        }
    }
}
