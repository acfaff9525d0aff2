//! What this visit of this person remembers: the task looked at, the banners put away. Gone with the page.

use std::collections::HashSet;

use leptos::prelude::*;

use super::reactive::memo;
use crate::live::use_live;
use proto::ids::TaskId;

/// The context. Cheap to copy; get it with [`use_visit`].
#[derive(Clone, Copy)]
pub struct Visit {
    alive: RwSignal<bool>,
    selected: RwSignal<Option<TaskId>>,
    dismissed: RwSignal<HashSet<TaskId>>,
    // One of each for the whole page: a signal keeps a place for everyone who ever read it until it changes, and the signals above may
    // never change, while rows come and go.
    shown: Memo<Option<TaskId>>,
    banner: Memo<Option<TaskId>>,
    /// What is missing of the task that the page shows was asked for, and nobody answered.
    unanswered: RwSignal<bool>,
    asks: RwSignal<bool>,
}

/// Begins the visit, of a page that has its live state. It is alive when the browser has taken over the page, after the first render.
pub fn provide_visit() -> Visit {
    let live = use_live();
    let (selected, dismissed) = (RwSignal::new(None), RwSignal::new(HashSet::new()));
    let shown = memo(move || selected.get().or_else(|| live.active_task()).or_else(|| live.task_ids().first().copied()));
    let banner = memo(move || live.active_task().filter(|task| dismissed.with(|dismissed: &HashSet<_>| !dismissed.contains(task))));
    let (alive, unanswered, asks) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let visit = Visit { alive, selected, dismissed, shown, banner, unanswered, asks };
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
        self.shown.get()
    }

    /// Puts the banner of `task` away for this visit.
    pub fn dismiss(&self, task: TaskId) {
        self.dismissed.update(|dismissed| {
            dismissed.insert(task);
        });
    }

    /// The task that the banner tells about: the active one, if it is not put away.
    #[must_use]
    pub fn banner(&self) -> Option<TaskId> {
        self.banner.get()
    }

    /// The details of the task could not be asked for.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        self.unanswered.get()
    }

    /// What came of asking.
    pub(super) fn answered(&self, answered: bool) {
        self.unanswered.set(!answered);
    }

    /// Has it asked for again, if nobody answered.
    pub(super) fn ask_again(&self) {
        if self.unanswered.get_untracked() {
            self.unanswered.set(false);
            self.asks.update(|asks| *asks = !*asks);
        }
    }

    /// Wakes the caller when it is to be asked for again.
    pub(super) fn watch_asks(&self) {
        self.asks.track();
    }
}
