//! How often a task was tried, and why once was not enough.

use leptos::prelude::*;

use super::{
    reactive::memo,
    standing::{attempt_words, name_of},
    words::{age, capitalized, state_word, took},
};
use crate::{
    live::{Live, use_live},
    proto::{
        ids::TaskId,
        task::{Attempt, Task},
    },
};

/// The attempts of a task, oldest first, and the present one. Nothing while there is only one.
#[component]
pub fn Attempts(task: TaskId) -> impl IntoView {
    let live = use_live();
    let before = memo(move || live.with_task(task, |task| task.attempts.clone()).unwrap_or_default());
    let present = memo(move || present(live, task));
    move || {
        let before = before.get();
        (!before.is_empty()).then(|| {
            view! {
                <h2>"Attempts"</h2>
                <ol class="attempts" aria-label="Attempts">
                    {before.into_iter().map(|attempt| row(live, attempt)).collect_view()}
                    <li>
                        <p>{move || present.get().0}</p>
                        <p class="note">{move || capitalized(present.get().1)}</p>
                    </li>
                </ol>
            }
        })
    }
}

fn row(live: Live, attempt: Attempt) -> impl IntoView {
    let ran = match attempt.started_at {
        Some(started) => format!("ran {}", took(attempt.ended_at.since(started))),
        None => "only waited there".into(),
    };
    let ended = attempt.ended_at;
    let why = capitalized(&attempt.why);
    let words = memo(move || attempt_words(live, &attempt));
    view! {
        <li>
            <p>{words}</p>
            <p class="note">{why}</p>
            <p class="note">{ran}", ended "{move || ago(age(live.now().since(ended)))}</p>
        </li>
    }
}

fn ago(age: String) -> String {
    if age == "now" { "just now".into() } else { format!("{age} ago") }
}

/// The attempt that counts: which one, where, and how it stands.
fn present(live: Live, id: TaskId) -> (String, &'static str) {
    let of = |task: &Task| (task.attempt, task.backend.clone(), state_word(task.state));
    let Some((number, backend, state)) = live.with_task(id, of) else { return Default::default() };
    let place = backend.map(|backend| format!(" on {}", name_of(live, &backend))).unwrap_or_default();
    (format!("Attempt {number}{place}"), state)
}
