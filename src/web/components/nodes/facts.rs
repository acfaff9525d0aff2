//! The few facts about where and when a task ran.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo, part};
use crate::{
    components::{
        standing::{Line, Standing, name_of},
        words::{age, count, took, whole},
    },
    live::{Live, use_live},
};
use proto::{ids::TaskId, task::Snapshot};

/// Backend, waiting time, duration, attempts, and what waits behind it.
#[component]
pub fn TaskFacts(
    task: TaskId,
    /// With when it was handed in and its attempts, for the page of the task.
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
    let backend = backend.map(|id| name_of(live, &id));
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
    let (ahead, behind) = live.with_all(|all| around(all, id));
    if let Some(number) = ahead {
        rows.push(("In the queue", format!("number {number}")));
    }
    if behind > 0 {
        rows.push(("Behind this", count(behind, "task", "tasks")));
    }
    rows
}

fn ago(ms: u64) -> String {
    match age(ms) {
        now if now == "now" => "just now".into(),
        age => format!("{age} ago"),
    }
}

/// The number of the task in line, and how many are sent after it.
fn around(all: &Snapshot, id: TaskId) -> (Option<usize>, usize) {
    let number = Line::of(all, id).position;
    let in_line = all.tasks.iter().filter(|task| Standing::of(task) == Some(Standing::Waiting)).count();
    let behind = match all.task(id).and_then(Standing::of) {
        Some(Standing::Running | Standing::Sent) => in_line,
        Some(Standing::Waiting) => in_line - number.unwrap_or(in_line),
        Some(Standing::Paused) | None => 0,
    };
    (number, behind)
}
