//! What the prompt gives, before it is sent.

use std::time::Duration;

use leptos::{ev, prelude::*, task::spawn_local};

use super::{escaped::escaped, target::PromptTarget};
use crate::{
    api::preview_prompt,
    components::{
        part,
        reactive::{Erased, listener},
    },
};
use proto::prompts::{PromptMistake, PromptPreview, PromptSample};

/// The prompt is previewed again after a pause of this length.
const TYPING_PAUSE: Duration = Duration::from_millis(400);

#[derive(Clone, PartialEq)]
enum PreviewState {
    Loading,
    Away,
    Mistake(PromptMistake),
    Made(PromptPreview),
}

#[component]
pub(super) fn PreviewPanel(target: PromptTarget) -> impl IntoView {
    let state = RwSignal::new(PreviewState::Loading);
    let ask = move || {
        let template = target.text();
        spawn_local(async move {
            let answer = match preview_prompt(template).await {
                Ok(Ok(made)) => PreviewState::Made(made),
                Ok(Err(mistake)) => PreviewState::Mistake(mistake),
                Err(_) => PreviewState::Away,
            };
            let _ = state.try_set(answer);
        });
    };
    // Again when another prompt has the focus.
    Effect::new(move |_| {
        target.label.track();
        ask();
    });
    // And when typing pauses.
    let typed = StoredValue::new(0_u32);
    let input = window_event_listener(ev::input, move |_| {
        typed.update_value(|typed| *typed += 1);
        let now = typed.get_value();
        let later = move || {
            if typed.try_get_value() == Some(now) {
                ask();
            }
        };
        set_timeout(later, TYPING_PAUSE);
    });
    on_cleanup(move || input.remove());
    view! {
        <div class="prompt-preview">
            {part(move || match state.get() {
                PreviewState::Loading => view! { <p class="note" role="status">"Reading the prompt…"</p> }.erased(),
                PreviewState::Away => view! { <p class="note" role="status">"The prompt is previewed when Darkroom can be reached."</p> }.erased(),
                PreviewState::Mistake(mistake) => wrong(target, mistake),
                PreviewState::Made(made) => gives(target, made),
            })}
            <button type="button" class="button" on:click=listener(move |_| ask())>"Show others"</button>
        </div>
    }
    .erased()
}

fn wrong(target: PromptTarget, PromptMistake { message, at }: PromptMistake) -> AnyView {
    view! {
        <div role="alert">
            <p class="field-problem">{message}</p>
            {at.map(|at| view! {
                <button type="button" class="button" on:click=listener(move |_| target.show(at as usize))>"Show the place"</button>
            }.erased())}
        </div>
    }
    .erased()
}

fn gives(target: PromptTarget, made: PromptPreview) -> AnyView {
    let PromptPreview { combinations, samples, notes, .. } = made;
    let label = target.label.get_untracked();
    let words = match combinations.as_deref() {
        Some("1") => format!("\"{label}\" is always the same text."),
        Some(number) => format!("\"{label}\" has {} combinations. Each run takes one.", grouped(number)),
        None => format!("\"{label}\" has more combinations than can be counted. Each run takes one."),
    };
    let sample = |PromptSample { text, .. }: PromptSample| {
        let own = text.clone();
        view! {
            <li>
                <p>{text}</p>
                <button type="button" class="button" on:click=listener(move |_| target.insert(&escaped(&own), true))>"Use"</button>
            </li>
        }
        .erased()
    };
    view! {
        <p role="status">{words}</p>
        {notes.into_iter().map(|note| view! { <p class="note">{note}</p> }.erased()).collect_view()}
        <ol class="prompt-samples">{samples.into_iter().map(sample).collect_view()}</ol>
    }
    .into_any()
}

/// "12,345"
fn grouped(digits: &str) -> String {
    let first = digits.len() % 3;
    let mut result = digits.get(..first).unwrap_or_default().to_owned();
    for group in digits.as_bytes().get(first..).unwrap_or_default().chunks(3) {
        if !result.is_empty() {
            result.push(',');
        }
        result.extend(group.iter().map(|digit| char::from(*digit)));
    }
    result
}
