//! The few facts about where and when a task ran.

use crate::components::reactive::memo;
use leptos::prelude::*;

use crate::{
    components::words::{age, backend_name, count, took, whole},
    live::{Live, use_live},
    proto::{ids::TaskId, task::TaskState},
};

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
            {move || {
                let row = |(term, value): (&'static str, String)| view! { <div><dt>{term}</dt><dd>{value}</dd></div> };
                rows.get().into_iter().map(row).collect_view()
            }}
        </dl>
    }
}

fn rows(live: Live, id: TaskId, full: bool) -> Vec<(&'static str, String)> {
    let Some((state, attempt, backend, created, started, ended)) =
        live.with_task(id, |task| (task.state, task.attempt, task.backend.clone(), task.created_at, task.started_at, task.ended_at))
    else {
        return Vec::new();
    };
    let backend = backend.map(|id| {
        let known = live.backends().into_iter().find(|backend| backend.id == id);
        known.map_or_else(|| id.to_string(), |backend| backend_name(&backend))
    });
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
    let behind = if state.is_final() { 0 } else { behind(live, id) };
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

/// Tasks here that wait and came later.
fn behind(live: Live, id: TaskId) -> usize {
    let waits = |id: &TaskId| live.with_task(*id, |task| matches!(task.state, TaskState::Accepted | TaskState::Queued)).unwrap_or_default();
    live.task_ids().iter().take_while(|later| **later != id).filter(|later| waits(later)).count()
}
