//! How often a task was tried, and why once was not enough.

use leptos::prelude::*;

use super::{
    reactive::{Erased, part},
    standing::{attempt_words, name_of},
    words::{capitalized, state_word, took},
};
use crate::live::{Live, use_live};
use proto::{
    ids::TaskId,
    task::{Attempt, Task},
};

/// The attempts of a task, oldest first, and the present one. Nothing while there is only one.
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

/// The attempt that counts: which one, where, and how it stands.
fn present(live: Live, id: TaskId) -> (String, &'static str) {
    let of = |task: &Task| (task.attempt, task.backend.clone(), state_word(task.state));
    let Some((number, backend, state)) = live.with_task(id, of) else { return Default::default() };
    let place = backend.map(|backend| format!(" on {}", name_of(live, &backend))).unwrap_or_default();
    (format!("Attempt {number}{place}"), state)
}
