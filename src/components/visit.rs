//! What this visit of this person remembers: the task looked at, the banners put away. Gone with the page.

use std::collections::HashSet;

use leptos::prelude::*;

use crate::{live::use_live, proto::ids::TaskId};

/// The context. Cheap to copy; get it with [`use_visit`].
#[derive(Clone, Copy)]
pub struct Visit {
    alive: RwSignal<bool>,
    selected: RwSignal<Option<TaskId>>,
    dismissed: RwSignal<HashSet<TaskId>>,
}

/// Begins the visit. It is alive when the browser has taken over the page, after the first render.
pub fn provide_visit() -> Visit {
    let visit = Visit { alive: RwSignal::new(false), selected: RwSignal::new(None), dismissed: RwSignal::new(HashSet::new()) };
    Effect::new(move |_| visit.alive.set(true));
    provide_context(visit);
    visit
}

/// The visit that this page belongs to.
///
/// # Panics
/// Outside of the app, where nobody provided it: a mistake in the program.
#[must_use]
pub fn use_visit() -> Visit {
    expect_context()
}

impl Visit {
    /// The browser has taken over: what is rendered from now on need not be what the server rendered.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.alive.get()
    }

    /// The same, without subscribing to it.
    #[must_use]
    pub fn was_alive(&self) -> bool {
        self.alive.get_untracked()
    }

    pub fn select(&self, task: TaskId) {
        self.selected.set(Some(task));
    }

    /// The task in the middle of Studio: the one selected, else the active one, else the newest.
    #[must_use]
    pub fn shown(&self) -> Option<TaskId> {
        let live = use_live();
        self.selected.get().or_else(|| live.active_task()).or_else(|| live.task_ids().first().copied())
    }

    /// Puts the banner of `task` away for this visit.
    pub fn dismiss(&self, task: TaskId) {
        self.dismissed.update(|dismissed| {
            dismissed.insert(task);
        });
    }

    #[must_use]
    pub fn is_dismissed(&self, task: TaskId) -> bool {
        self.dismissed.with(|dismissed| dismissed.contains(&task))
    }
}
