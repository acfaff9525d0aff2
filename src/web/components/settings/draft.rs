//! The times as they are typed: valid ones take effect at once, others stay in their fields with a message.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};

use crate::{
    components::reactive::memo,
    live::{Live, use_live},
};
use proto::preferences::{Preferences, Setting, milliseconds, seconds};

/// A mistake is shown only after this pause in typing, or when the field is left.
const PAUSE: Duration = Duration::from_millis(500);

/// The texts in the fields. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    live: Live,
    texts: [RwSignal<String>; Setting::TIMES.len()],
    problems: RwSignal<Vec<(Setting, String)>>,
    pause: StoredValue<Option<TimeoutHandle>>,
}

impl Draft {
    /// Follows the preferences: they may change in another tab.
    pub(super) fn new() -> Self {
        let live = use_live();
        let draft = Self {
            live,
            texts: Setting::TIMES.map(|setting| RwSignal::new(seconds(live.preferences_untracked().time_ms(setting)))),
            problems: RwSignal::new(Vec::new()),
            pause: StoredValue::new(None),
        };
        let times = memo(move || Setting::TIMES.map(|setting| live.preferences().time_ms(setting)));
        Effect::new(move |_| draft.show(times.get()));
        draft
    }

    pub(super) fn text(&self, setting: Setting) -> RwSignal<String> {
        let at = Setting::TIMES.iter().position(|time| *time == setting).unwrap_or_default();
        self.texts[at]
    }

    pub(super) fn problem(&self, setting: Setting) -> Option<String> {
        self.problems.with(|problems| problems.iter().find(|(at, _)| *at == setting).map(|(_, words)| words.clone()))
    }

    /// The text of a field was changed.
    pub(super) fn edit(&self, setting: Setting, text: String) {
        self.text(setting).set(text);
        self.cancel_pause();
        let problems = self.apply();
        if problems.is_empty() {
            self.problems.set(problems);
        } else {
            let draft = *self;
            self.pause.set_value(set_timeout_with_handle(move || draft.show_problems(), PAUSE).ok());
        }
    }

    /// Shows the problems of all fields; called also when a field is left.
    pub(super) fn show_problems(&self) {
        self.cancel_pause();
        self.problems.set(self.apply());
    }

    /// Resets all preferences to their defaults.
    pub(super) fn reset(&self) {
        let defaults = Preferences::default();
        self.live.set_preferences(defaults);
        self.show(Setting::TIMES.map(|setting| defaults.time_ms(setting)));
    }

    /// Sets the preferences if all times are valid; otherwise returns the problems.
    fn apply(&self) -> Vec<(Setting, String)> {
        let mut preferences = self.live.preferences_untracked();
        let mut problems = Vec::new();
        for setting in Setting::TIMES {
            match milliseconds(&self.text(setting).get_untracked()) {
                Some(ms) => preferences.set_time_ms(setting, ms),
                None => problems.push((setting, "Type a number of seconds, such as 1 or 0.5.".to_owned())),
            }
        }
        problems.extend(preferences.check());
        if problems.is_empty() {
            self.live.set_preferences(preferences);
        }
        problems
    }

    fn show(&self, times: [u32; Setting::TIMES.len()]) {
        for (text, ms) in self.texts.iter().zip(times) {
            // A text with the same meaning ("1.0") is left as it was typed.
            if milliseconds(&text.get_untracked()) != Some(ms) {
                text.set(seconds(ms));
            }
        }
        self.cancel_pause();
        self.problems.set(Vec::new());
    }

    fn cancel_pause(&self) {
        if let Some(waiting) = self.pause.try_update_value(Option::take).flatten() {
            waiting.clear();
        }
    }
}
