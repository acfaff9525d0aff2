//! Applies the person's preferences.

use std::time::Duration;

use super::state::PageDriver;
use crate::{browser::preferences, live::ToastKind};
use proto::{
    link::Input,
    preferences::{Preferences, RATES},
    wire::ClientMessage,
};

impl PageDriver {
    /// Stores and applies the preferences.
    pub(super) fn apply_preferences(&self, preferences: Preferences) {
        let before = self.0.preferences.replace(preferences);
        if !preferences::keep(preferences) {
            let why = "This browser lets pages keep nothing: they hold until this page is closed.";
            self.0.live.toast(ToastKind::Waiting, "Preferences are not kept", why, None);
        }
        preferences::show_theme(preferences);
        self.0.recorder.configure(preferences);
        let pace = if preferences.updates_per_second == RATES[0] { 0 } else { preferences.tick_ms() };
        self.0.frames.set_pace(Duration::from_millis(pace.into()));
        self.0.link.borrow_mut().configure(preferences.link_config());
        self.send(&ClientMessage::Prefer(self.prefer()));
        if preferences.auto_connect && !before.auto_connect {
            self.0.live_updates.set(true);
            self.input(Input::Start);
        }
    }
}
