//! Writes the event log, in debug mode. Otherwise each message costs one look at a [`Cell`].

use std::cell::Cell;

use leptos::task::spawn_local;

use super::wall_clock;
use crate::live::{Live, Recorded, print};
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

    /// `what` is only made when it is wanted.
    pub(super) fn add(&self, what: impl FnOnce() -> Recorded) {
        if self.on.get() {
            self.write(what());
        }
    }

    fn write(&self, what: Recorded) {
        let entry = self.live.record(wall_clock(), what);
        if let Some(entry) = entry.filter(|_| self.console.get()) {
            // Without a network its code may not be had. Then the log has it all the same.
            spawn_local(async move { drop(print(entry).await) });
        }
    }
}
