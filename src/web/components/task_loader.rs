//! Tasks that are not here, or only as a summary, are asked for by themselves.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::visit::use_visit;
use crate::components::reactive::memo;
use crate::{api::fetch_task, live::use_live};
use proto::ids::TaskId;

/// What is known of a task that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    Here,
    Asking,
    /// The server does not know it.
    Missing,
    /// The server could not be asked, and why.
    Unreachable(String),
}

/// Follows `task`, and asks the server for what is missing of it.
pub fn look_up(task: impl Fn() -> Option<TaskId> + Copy + Send + Sync + 'static) -> Signal<Lookup> {
    let (live, visit) = (use_live(), use_visit());
    // In the first paint, a task that is not here is nowhere: the server knows all of them.
    let at_first = if visit.was_alive() { Lookup::Asking } else { Lookup::Missing };
    let asked = RwSignal::new(at_first);
    let wanted = memo(move || task().filter(|id| !live.with_task(*id, |task| task.detailed).unwrap_or_default()));
    Effect::new(move |_| {
        visit.watch_asks();
        visit.answered(true);
        let Some(id) = wanted.get() else { return };
        let ask = move || {
            spawn_local(async move {
                let found = match fetch_task(id).await {
                    Ok(Some(task)) => {
                        live.insert(task);
                        Lookup::Here
                    }
                    Ok(None) => Lookup::Missing,
                    Err(error) => Lookup::Unreachable(error.to_string()),
                };
                visit.answered(!matches!(found, Lookup::Unreachable(_)));
                let _ = asked.try_set(found);
            });
        };
        // One that was just handed in arrives by itself in a moment.
        let known = live.with_task(id, |_| ()).is_some();
        let pause = Duration::from_millis(if known { 0 } else { 150 });
        if let Ok(timer) = set_timeout_with_handle(ask, pause) {
            on_cleanup(move || timer.clear());
        }
    });
    Signal::derive(move || match task() {
        Some(id) if live.with_task(id, |_| ()).is_some() => Lookup::Here,
        Some(_) => asked.get(),
        None => Lookup::Missing,
    })
}
