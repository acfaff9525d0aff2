//! Where and when a task ran.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo, part};
use crate::{
    components::{
        queue_position::{QueuePosition, backend_label},
        words::{ago, count, took, whole},
    },
    live::{Live, use_live},
};
use proto::{
    ids::TaskId,
    task::{QueueState, Snapshot},
};

/// Backend, waiting time, duration, attempts, and how many tasks wait behind it.
#[component]
pub fn TaskFacts(
    task: TaskId,
    /// For the page of the task: also when it was submitted, and its attempts.
    #[prop(optional)]
    full: bool,
) -> impl IntoView {
    let live = use_live();
    let rows = memo(move || rows(live, task, full));
    view! {
        <dl class="facts">
            {part(move || {
                let row = |(term, value): (&'static str, String)| view! { <div><dt>{term}</dt><dd>{value}</dd></div> }.erased();
                rows.get().into_iter().map(row).collect_view().into_any()
            })}
        </dl>
    }
    .erased()
}

fn rows(live: Live, id: TaskId, full: bool) -> Vec<(&'static str, String)> {
    let Some((attempt, backend, created, started, ended)) =
        live.with_task(id, |task| (task.attempt, task.backend.clone(), task.created_at, task.started_at, task.ended_at))
    else {
        return Vec::new();
    };
    let backend = backend.map(|id| backend_label(live, &id));
    let mut rows = vec![("Backend", backend.unwrap_or_else(|| "not chosen yet".into()))];
    if full {
        rows.push(("Handed in", ago(live.now().since(created))));
    }
    match (started, ended) {
        (Some(started), _) => rows.push(("Waited in queue", took(started.since(created)))),
        (None, None) => rows.push(("Waiting for", whole(live.now().since(created)))),
        (None, Some(_)) => {}
    }
    match (started, ended) {
        (Some(started), Some(ended)) => rows.push(("Took", took(ended.since(started)))),
        (Some(started), None) => rows.push(("Running for", whole(live.now().since(started)))),
        _ => {}
    }
    if full || attempt > 1 {
        rows.push(("Attempt", attempt.to_string()));
    }
    let (ahead, behind) = live.with_all(|all| neighbours(all, id));
    if let Some(number) = ahead {
        rows.push(("In the queue", format!("number {number}")));
    }
    if behind > 0 {
        rows.push(("Behind this", count(behind, "task", "tasks")));
    }
    rows
}

/// The number of the task in the queue, and how many are sent after it.
fn neighbours(all: &Snapshot, id: TaskId) -> (Option<usize>, usize) {
    let number = QueuePosition::of(all, id).number;
    let waiting = all.tasks.iter().filter(|task| QueueState::of(task) == Some(QueueState::Waiting)).count();
    let behind = match all.task(id).and_then(QueueState::of) {
        Some(QueueState::Running | QueueState::Sent) => waiting,
        Some(QueueState::Waiting) => waiting - number.unwrap_or(waiting),
        Some(QueueState::Paused) | None => 0,
    };
    (number, behind)
}
