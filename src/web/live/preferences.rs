//! The preferences of this browser. The driver in `browser/` stores and applies them; the server renders with the defaults.

use std::{collections::HashSet, sync::Arc};

use leptos::prelude::*;

use super::{state::Live, watch::Watch};
use proto::preferences::Preferences;

/// The key in localStorage. The number is raised when a member of the JSON changes its meaning.
pub const PREFERENCES_KEY: &str = "darkroom.preferences.1";

impl Live {
    #[must_use]
    pub fn preferences(&self) -> Preferences {
        self.track(Watch::Preferences);
        self.preferences_untracked()
    }

    /// The same, without subscribing.
    #[must_use]
    pub fn preferences_untracked(&self) -> Preferences {
        self.browser.with_value(|browser| browser.preferences)
    }

    /// Sets preferences that [`Preferences::check`] accepts, and has them applied and stored.
    pub fn set_preferences(&self, preferences: Preferences) {
        if self.preferences_untracked() == preferences {
            return;
        }
        let mut handler = None;
        self.browser.update_value(|browser| {
            browser.preferences = preferences;
            handler = browser.on_preferences.clone();
        });
        self.notify(HashSet::from([Watch::Preferences]));
        if let Some(handler) = handler {
            handler(preferences);
        }
    }

    /// Sets what [`Live::set_preferences`] calls to apply and store preferences.
    pub fn on_preferences(&self, handler: impl Fn(Preferences) + Send + Sync + 'static) {
        self.browser.update_value(|browser| browser.on_preferences = Some(Arc::new(handler)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::live::provide_live;
    use proto::task::Snapshot;

    #[test]
    fn a_change_of_preferences_is_applied_once() {
        Owner::new().with(|| {
            let live = provide_live(Snapshot::default());
            let applied = Arc::new(AtomicUsize::new(0));
            let counted = applied.clone();
            live.on_preferences(move |preferences| {
                assert!(!preferences.previews);
                counted.fetch_add(1, Ordering::Relaxed);
            });
            live.set_preferences(Preferences::default());
            assert_eq!(applied.load(Ordering::Relaxed), 0, "nothing changed");
            let without = Preferences { previews: false, ..Preferences::default() };
            live.set_preferences(without);
            live.set_preferences(without);
            assert_eq!(applied.load(Ordering::Relaxed), 1);
            assert_eq!(live.preferences_untracked(), without);
        });
    }
}
