//! Why a task failed: what, where, in ComfyUI's own words, and what can be done. The traceback is there, folded.

use leptos::prelude::*;

use super::actions::ResultActions;
use crate::components::reactive::{Erased, memo, part};
use crate::{
    components::icon::{Glyph, Icon},
    live::use_live,
};
use proto::{
    ids::TaskId,
    task::{Problem, Task, TaskError},
};

/// In place of the tracker when the task failed.
#[component]
pub(super) fn ErrorCard(task: TaskId) -> impl IntoView {
    let live = use_live();
    let failure = memo(move || live.with_task(task, Failure::of).flatten());
    view! {
        <section class="error-card card" aria-label="Error">
            {part(move || failure.get().map(|failure| view! { <FailureView failure /> }.erased()).into_any())}
            <div class="tracker-foot"><ResultActions task /></div>
        </section>
    }
    .erased()
}

/// All of it in words.
#[derive(Clone, Debug, PartialEq)]
struct Failure {
    title: String,
    message: String,
    place: String,
    advice: Option<&'static str>,
    problems: Vec<Problem>,
    traceback: String,
}

impl Failure {
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
fn FailureView(failure: Failure) -> impl IntoView {
    let Failure { title, message, place, advice, problems, traceback } = failure;
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

/// The problems, each in a line of its own. Nothing when there are none.
pub(crate) fn problem_list(class: &'static str, problems: &[Problem]) -> AnyView {
    let line = |problem: &Problem| view! { <li>{problem_words(problem)}</li> }.erased();
    let lines = || problems.iter().map(line).collect_view();
    (!problems.is_empty()).then(|| view! { <ul class=class>{lines()}</ul> }.erased()).into_any()
}

/// "Load checkpoint (node 4), ckpt_name: Value not in list".
fn problem_words(problem: &Problem) -> String {
    let node = problem.node.as_ref().map(|id| format!("node {id}"));
    let place = match (problem.title.clone(), node) {
        (Some(title), Some(node)) => format!("{title} ({node})"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return problem.message.clone(),
    };
    match &problem.input {
        Some(input) => format!("{place}, {input}: {}", problem.message),
        None => format!("{place}: {}", problem.message),
    }
}

/// What to do about it, where that is plain.
fn advice(error: &TaskError) -> Option<&'static str> {
    let exception = error.exception.as_deref().unwrap_or_default();
    let says = |words: &str| exception.contains(words) || error.message.contains(words);
    if says("OutOfMemory") || says("out of memory") {
        Some("The device has too little memory for this. Try a smaller size or a smaller batch.")
    } else if says("not in list") || error.problems.iter().any(|problem| problem.message.contains("not in list")) {
        Some("ComfyUI does not have what was asked for. Choose one of the values it offers.")
    } else if says("does not exist") {
        Some("ComfyUI does not know a node of this workflow. Install the custom node it comes from, or remove it.")
    } else {
        None
    }
}
