//! The stage itself: one box of the picture's own shape, in which the preview becomes the result.

use leptos::prelude::*;

use super::{blank::Blank, output::OutputView, results::Results};
use crate::components::reactive::{Erased, listener, memo, part};
use crate::live::{Live, use_live};
use proto::{
    ids::TaskId,
    task::{Output, OutputKind, Task, TaskState},
};

/// What is on the stage.
#[derive(Clone, Debug, PartialEq)]
enum Shows {
    /// The newest preview.
    Preview,
    Result(Output),
    Nothing,
}

/// Preview, result, or in words why there is neither.
#[component]
pub(super) fn Picture(task: TaskId) -> impl IntoView {
    let live = use_live();
    let chosen = RwSignal::new(None::<u32>);
    let results = memo(move || live.with_task(task, showable).unwrap_or_default());
    let shows = memo(move || shows(live, task, &results.get(), chosen.get()));
    let (width, height) = untrack(|| live.with_task(task, size)).unwrap_or((1, 1));
    view! {
        <section class="stage" id="stage" aria-label="Picture">
            // Keeps the place of the picture before it is there.
            <svg class="stage-size" viewBox=format!("0 0 {width} {height}") aria-hidden="true"></svg>
            {part(move || match shows.get() {
                Shows::Preview => view! { <Preview task /> }.erased(),
                Shows::Result(output) => view! { <OutputView task output all=results /> }.erased(),
                Shows::Nothing => view! { <Blank task /> }.erased(),
            })}
            <Results task results chosen />
        </section>
    }
    .erased()
}

/// The newest preview, one after the other in the same place. One that cannot be loaded is not shown.
#[component]
fn Preview(task: TaskId) -> impl IntoView {
    let live = use_live();
    let url = memo(move || preview(live, task));
    let broken = RwSignal::new(None::<String>);
    let step = memo(move || {
        let step = live.with_progress(task, |task| task.current_node().and_then(|node| node.step()).map(|(value, _)| value)).flatten();
        step.map_or_else(|| "Preview".to_owned(), |step| format!("Preview · step {step}"))
    });
    view! {
        <img
            class="stage-picture preview"
            src=url
            alt=""
            class:broken=memo(move || broken.with(|broken| broken.is_some() && *broken == url.get()))
            on:error=listener(move |_| broken.set(url.get_untracked()))
        />
        <p class="stage-badge"><span class="dot" data-tone="accent" aria-hidden="true"></span>{step}</p>
    }
    .erased()
}

/// Pictures first, then whatever else can be shown.
fn showable(task: &Task) -> Vec<Output> {
    let rest = task.outputs.iter().filter(|output| output.kind != OutputKind::Image);
    task.pictures().chain(rest).cloned().collect()
}

fn shows(live: Live, id: TaskId, results: &[Output], chosen: Option<u32>) -> Shows {
    let chosen = chosen.and_then(|chosen| results.iter().find(|output| output.id == chosen));
    if let Some(output) = chosen {
        return Shows::Result(output.clone());
    }
    let running = live.with_task(id, |task| task.state == TaskState::Running).unwrap_or_default();
    if running && preview(live, id).is_some() {
        return Shows::Preview;
    }
    // While it runs the newest, at the end the first: that is where the strip begins.
    let result = if running { results.last() } else { results.first() };
    result.cloned().map_or(Shows::Nothing, Shows::Result)
}

/// The preview that came to this page, or before one did, the last that came to the server. Not when they are switched off.
fn preview(live: Live, id: TaskId) -> Option<String> {
    if !live.preferences().previews {
        return None;
    }
    live.preview(id).or_else(|| {
        let samples = live.with_progress(id, |task| task.nodes.iter().any(|node| node.has_bar()))?;
        samples.then(|| format!("/tasks/{id}/preview"))
    })
}

/// Width and height to keep a place for.
fn size(task: &Task) -> (u32, u32) {
    task.recipe.as_ref().map_or((1, 1), |recipe| (recipe.width.clamp(1, 16_384), recipe.height.clamp(1, 16_384)))
}
