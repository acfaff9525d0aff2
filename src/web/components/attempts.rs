//! The attempts of a task, and why each of the earlier ones ended.

use leptos::prelude::*;

use super::{
    queue_position::{attempt_words, backend_label},
    reactive::{Erased, part},
    words::{capitalized, state_label, took},
};
use crate::live::{Live, use_live};
use proto::{
    ids::TaskId,
    task::{Attempt, Task},
};

/// The attempts of a task, oldest first. Nothing while there is only one.
#[component]
pub fn Attempts(task: TaskId) -> impl IntoView {
    let live = use_live();
    part(move || {
        let before = live.with_task(task, |task| task.attempts.clone()).unwrap_or_default();
        if before.is_empty() {
            return ().into_any();
        }
        let (number, state) = present(live, task);
        view! {
            <h2>"Attempts"</h2>
            <ol class="attempts" aria-label="Attempts">
                {before.iter().map(|attempt| row(live, attempt)).collect_view()}
                <li><p>{number}</p><p class="note">{capitalized(state)}</p></li>
            </ol>
        }
        .erased()
    })
}

fn row(live: Live, attempt: &Attempt) -> AnyView {
    let ran = match attempt.started_at {
        Some(started) => format!("It ran {}.", took(attempt.ended_at.since(started))),
        None => "It only waited there.".into(),
    };
    view! {
        <li>
            <p>{attempt_words(live, attempt)}</p>
            <p class="note">{capitalized(&attempt.why)}</p>
            <p class="note">{ran}</p>
        </li>
    }
    .erased()
}

/// The present attempt: its number and backend, and its state.
fn present(live: Live, id: TaskId) -> (String, &'static str) {
    let of = |task: &Task| (task.attempt, task.backend.clone(), state_label(task.state));
    let Some((number, backend, state)) = live.with_task(id, of) else { return Default::default() };
    let place = backend.map(|backend| format!(" on {}", backend_label(live, &backend))).unwrap_or_default();
    (format!("Attempt {number}{place}"), state)
}
