//! Fetches tasks that the live state does not have, or has only as a summary.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::page_state::use_page_state;
use crate::components::reactive::memo;
use crate::{api::fetch_task, live::use_live};
use proto::ids::TaskId;

/// Whether a task is available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    Found,
    Loading,
    /// The server does not have it.
    Missing,
    /// The server did not answer.
    Unreachable,
}

/// Follows `task`, and fetches it when the live state has no details of it.
pub fn look_up(task: impl Fn() -> Option<TaskId> + Copy + Send + Sync + 'static) -> Signal<Lookup> {
    let (live, page) = (use_live(), use_page_state());
    // The first paint has the task of the page, if the server has it.
    let at_first = if page.is_hydrated_untracked() { Lookup::Loading } else { Lookup::Missing };
    let fetched = RwSignal::new(at_first);
    let missing = memo(move || task().filter(|id| !live.with_task(*id, |task| task.detailed).unwrap_or_default()));
    Effect::new(move |_| {
        page.track_refetch();
        page.set_unreachable(false);
        let Some(id) = missing.get() else { return };
        let fetch = move || {
            spawn_local(async move {
                let found = match fetch_task(id).await {
                    Ok(Some(task)) => {
                        live.insert(task);
                        Lookup::Found
                    }
                    Ok(None) => Lookup::Missing,
                    Err(_) => Lookup::Unreachable,
                };
                page.set_unreachable(matches!(found, Lookup::Unreachable));
                let _ = fetched.try_set(found);
            });
        };
        // A task that was just submitted arrives by the live connection in a moment.
        let known = live.with_task(id, |_| ()).is_some();
        let pause = Duration::from_millis(if known { 0 } else { 150 });
        if let Ok(timer) = set_timeout_with_handle(fetch, pause) {
            on_cleanup(move || timer.clear());
        }
    });
    Signal::derive(move || match task() {
        Some(id) if live.with_task(id, |_| ()).is_some() => Lookup::Found,
        Some(_) => fetched.get(),
        None => Lookup::Missing,
    })
}
