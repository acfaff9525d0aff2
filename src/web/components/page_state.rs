//! What a person did on this page since it was opened: the selected task, the dismissed banners.

use std::collections::HashSet;

use leptos::prelude::*;

use super::reactive::memo;
use crate::live::use_live;
use proto::ids::TaskId;

/// The context. Cheap to copy; get it with [`use_page_state`].
#[derive(Clone, Copy)]
pub struct PageState {
    hydrated: RwSignal<bool>,
    selected: RwSignal<Option<TaskId>>,
    dismissed: RwSignal<HashSet<TaskId>>,
    // One memo of each for the whole page. A signal keeps an entry for every reader until it changes, and the signals above may never
    // change while rows come and go.
    shown: Memo<Option<TaskId>>,
    banner: Memo<Option<TaskId>>,
    /// The details of the shown task could not be fetched.
    unreachable: RwSignal<bool>,
    /// Changes when they are to be fetched again.
    refetch: RwSignal<bool>,
}

/// Provides the page state as context. Needs the live state. The page counts as hydrated after its first render.
pub fn provide_page_state() -> PageState {
    let live = use_live();
    let (selected, dismissed) = (RwSignal::new(None), RwSignal::new(HashSet::new()));
    let shown = memo(move || selected.get().or_else(|| live.active_task()).or_else(|| live.task_ids().first().copied()));
    let banner = memo(move || live.active_task().filter(|task| dismissed.with(|dismissed: &HashSet<_>| !dismissed.contains(task))));
    let (hydrated, unreachable, refetch) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let page = PageState { hydrated, selected, dismissed, shown, banner, unreachable, refetch };
    Effect::new(move |_| page.hydrated.set(true));
    provide_context(page);
    page
}

/// The state of this page.
///
/// # Panics
/// Outside of the app, where none is provided: a programming error.
#[must_use]
pub fn use_page_state() -> PageState {
    expect_context()
}

impl PageState {
    /// The page is hydrated: rendering may now differ from what the server rendered.
    #[must_use]
    pub fn is_hydrated(&self) -> bool {
        self.hydrated.get()
    }

    /// The same, without subscribing.
    #[must_use]
    pub fn is_hydrated_untracked(&self) -> bool {
        self.hydrated.get_untracked()
    }

    pub fn select(&self, task: TaskId) {
        self.selected.set(Some(task));
    }

    /// Shows the active task again, whichever it is, instead of a selected one.
    pub fn follow_active(&self) {
        self.selected.set(None);
    }

    /// The task in the middle of Studio: the one selected, else the active one, else the newest.
    #[must_use]
    pub fn shown(&self) -> Option<TaskId> {
        self.shown.get()
    }

    /// Hides the banner of `task` until the page is reloaded.
    pub fn dismiss(&self, task: TaskId) {
        self.dismissed.update(|dismissed| {
            dismissed.insert(task);
        });
    }

    /// The task that the banner shows: the active one, unless it was dismissed.
    #[must_use]
    pub fn banner(&self) -> Option<TaskId> {
        self.banner.get()
    }

    /// The details of the shown task could not be fetched.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        self.unreachable.get()
    }

    /// Whether the details of the shown task could be fetched.
    pub(super) fn set_unreachable(&self, unreachable: bool) {
        self.unreachable.set(unreachable);
    }

    /// Has the details fetched again, if that failed.
    pub(super) fn refetch(&self) {
        if self.unreachable.get_untracked() {
            self.unreachable.set(false);
            self.refetch.update(|refetch| *refetch = !*refetch);
        }
    }

    /// Wakes the caller when the details are to be fetched again.
    pub(super) fn track_refetch(&self) {
        self.refetch.track();
    }
}
