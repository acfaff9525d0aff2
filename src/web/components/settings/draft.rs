//! The times as they are typed: what makes sense is taken at once, what does not stays in its field and is told of.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};

use crate::{
    components::reactive::memo,
    live::{Live, use_live},
};
use proto::preferences::{Preferences, Setting, milliseconds, seconds};

/// Nobody is told of a mistake while they type: only after this pause, or when they leave the field.
const PAUSE: Duration = Duration::from_millis(500);

/// Cheap to copy.
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

    /// A person types.
    pub(super) fn edit(&self, setting: Setting, text: String) {
        self.text(setting).set(text);
        self.stop_waiting();
        let problems = self.take();
        if problems.is_empty() {
            self.problems.set(problems);
        } else {
            let draft = *self;
            self.pause.set_value(set_timeout_with_handle(move || draft.tell(), PAUSE).ok());
        }
    }

    /// A person is done with a field.
    pub(super) fn tell(&self) {
        self.stop_waiting();
        self.problems.set(self.take());
    }

    /// Everything as it is without preferences.
    pub(super) fn reset(&self) {
        let usual = Preferences::default();
        self.live.set_preferences(usual);
        self.show(Setting::TIMES.map(|setting| usual.time_ms(setting)));
    }

    /// Takes the times, if all of them make sense; else says what does not.
    fn take(&self) -> Vec<(Setting, String)> {
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
            // "1.0" is left as it was typed.
            if milliseconds(&text.get_untracked()) != Some(ms) {
                text.set(seconds(ms));
            }
        }
        self.stop_waiting();
        self.problems.set(Vec::new());
    }

    fn stop_waiting(&self) {
        if let Some(waiting) = self.pause.try_update_value(Option::take).flatten() {
            waiting.clear();
        }
    }
}
