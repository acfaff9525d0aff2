//! What the person at this browser prefers. Kept by the driver in `browser/`, which carries it out; the defaults on the server.

use std::{collections::HashSet, sync::Arc};

use leptos::prelude::*;

use super::{Live, aspect::Aspect};
use proto::preferences::Preferences;

/// Under which a browser keeps them. The number is raised when a member of the JSON means something else.
pub const PREFERENCES_KEY: &str = "darkroom.preferences.1";

pub(super) type Handler = Arc<dyn Fn(Preferences) + Send + Sync>;

impl Live {
    #[must_use]
    pub fn preferences(&self) -> Preferences {
        self.track(Aspect::Preferences);
        self.preferred()
    }

    /// The same, without subscribing to them.
    #[must_use]
    pub fn preferred(&self) -> Preferences {
        self.person.with_value(|person| person.preferences)
    }

    /// Takes what makes sense ([`Preferences::check`]), and has it carried out and kept.
    pub fn set_preferences(&self, preferences: Preferences) {
        if self.preferred() == preferences {
            return;
        }
        let mut handler = None;
        self.person.update_value(|person| {
            person.preferences = preferences;
            handler = person.on_preferences.clone();
        });
        self.notify(HashSet::from([Aspect::Preferences]));
        if let Some(handler) = handler {
            handler(preferences);
        }
    }

    /// What [`Live::set_preferences`] does besides.
    pub fn on_preferences(&self, handler: impl Fn(Preferences) + Send + Sync + 'static) {
        self.person.update_value(|person| person.on_preferences = Some(Arc::new(handler)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::live::provide_live;
    use proto::task::Snapshot;

    #[test]
    fn a_change_is_carried_out_once() {
        Owner::new().with(|| {
            let live = provide_live(Snapshot::default());
            let carried_out = Arc::new(AtomicUsize::new(0));
            let counted = carried_out.clone();
            live.on_preferences(move |preferences| {
                assert!(!preferences.previews);
                counted.fetch_add(1, Ordering::Relaxed);
            });
            live.set_preferences(Preferences::default());
            assert_eq!(carried_out.load(Ordering::Relaxed), 0, "nothing changed");
            let without = Preferences { previews: false, ..Preferences::default() };
            live.set_preferences(without);
            live.set_preferences(without);
            assert_eq!((carried_out.load(Ordering::Relaxed), live.preferred()), (1, without));
        });
    }
}
