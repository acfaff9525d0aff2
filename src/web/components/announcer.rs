//! Progress for screen readers, at a rate that can be listened to: the start, each quarter, the end.

use leptos::prelude::*;

use super::words::percent;
use crate::components::reactive::{Erased, memo};
use crate::live::use_live;
use proto::{ids::TaskId, task::TaskState};

/// A status for screen readers only.
#[component]
pub fn Announcer() -> impl IntoView {
    let live = use_live();
    // The task that ran last stays, so that its end is announced, too.
    let task = Memo::new(move |before: Option<&Option<TaskId>>| live.active_task().or_else(|| before.copied().flatten()));
    let milestone = memo(move || {
        let task = task.get()?;
        live.with_progress(task, |task| (task.name.clone(), task.state, percent(task) / 25 * 25))
    });
    let words = memo(move || milestone.get().map(|(name, state, quarter)| words(&name, state, quarter)));
    view! { <div class="visually-hidden" role="status" aria-label="Progress">{words}</div> }.erased()
}

fn words(name: &str, state: TaskState, quarter: u8) -> String {
    match state {
        TaskState::Accepted | TaskState::Queued => format!("{name} is waiting"),
        TaskState::Running if quarter == 0 => format!("{name} started"),
        TaskState::Running => format!("{name}: {quarter} percent"),
        TaskState::Completed => format!("{name} is done"),
        TaskState::Failed => format!("{name} failed"),
        TaskState::Cancelled => format!("{name} was cancelled"),
    }
}
