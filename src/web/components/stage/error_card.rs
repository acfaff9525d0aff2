//! Why a task failed: what and where, ComfyUI's message, advice, and the folded traceback.

use leptos::prelude::*;

use super::actions::ResultActions;
use crate::components::reactive::{Erased, memo, part};
use crate::{
    components::{
        icon::{Glyph, Icon},
        later_styles::LaterStyles,
        problems::problem_list,
    },
    live::use_live,
};
use proto::{
    ids::TaskId,
    task::{Problem, Task, TaskError},
};

/// In place of the tracker when the task failed.
#[component]
pub(super) fn ErrorCard(task: TaskId, chosen: RwSignal<Option<u32>>) -> impl IntoView {
    let live = use_live();
    let failure = memo(move || live.with_task(task, FailureTexts::of).flatten());
    view! {
        <LaterStyles />
        <section class="error-card card" aria-label="Error">
            {part(move || failure.get().map(|failure| view! { <FailureView failure /> }.erased()).into_any())}
            <div class="tracker-foot"><ResultActions task chosen /></div>
        </section>
    }
    .erased()
}

/// The texts of the card.
#[derive(Clone, Debug, PartialEq)]
struct FailureTexts {
    title: String,
    message: String,
    place: String,
    advice: Option<&'static str>,
    problems: Vec<Problem>,
    traceback: String,
}

impl FailureTexts {
    fn of(task: &Task) -> Option<Self> {
        let error = task.error.clone().unwrap_or_else(|| TaskError::plain("It is not known why."));
        let node = error.node.as_ref().and_then(|id| task.node(id));
        let name = node.map(|node| node.title.clone()).or_else(|| error.class.clone());
        let step = node.and_then(|node| node.step()).map(|(value, _)| format!(" at step {value}")).unwrap_or_default();
        let place = [error.node.as_ref().map(|id| format!("node {id}")), error.class.clone(), error.exception.clone()];
        Some(Self {
            title: format!("{} failed{step}", name.unwrap_or_else(|| task.name.clone())),
            advice: advice(&error),
            place: place.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            traceback: error.traceback.concat(),
            message: error.message,
            problems: error.problems,
        })
    }
}

#[component]
fn FailureView(failure: FailureTexts) -> impl IntoView {
    let FailureTexts { title, message, place, advice, problems, traceback } = failure;
    view! {
        <h2><Icon glyph=Glyph::Alert />{title}</h2>
        <p class="error-message">{message}</p>
        {advice.map(|advice| view! { <p>{advice}</p> }.erased())}
        {problem_list("problems", &problems)}
        {(!place.is_empty()).then(|| view! { <p class="error-place">{place}</p> }.erased())}
        {(!traceback.is_empty())
            .then(|| {
                view! {
                    <details>
                        <summary>"Show traceback"</summary>
                        <pre tabindex="0">{traceback}</pre>
                    </details>
                }.erased()
            })}
    }
    .erased()
}

/// What to do about well-known errors. ComfyUI reports them only as text.
fn advice(error: &TaskError) -> Option<&'static str> {
    let exception = error.exception.as_deref().unwrap_or_default();
    let contains = |words: &str| exception.contains(words) || error.message.contains(words);
    if contains("OutOfMemory") || contains("out of memory") {
        Some("The device has too little memory for this. Try a smaller size or a smaller batch.")
    } else if contains("not in list") || error.problems.iter().any(|problem| problem.message.contains("not in list")) {
        Some("ComfyUI does not have what was asked for. Choose one of the values it offers.")
    } else if contains("does not exist") {
        Some("ComfyUI does not know a node of this workflow. Install the custom node it comes from, or remove it.")
    } else {
        None
    }
}
