//! The stage: a box with the picture's aspect ratio, which shows the preview and then the result.

use leptos::prelude::*;

use super::{blank::Blank, output::OutputView, results::Results, storage::StorageBadge, zoom::ZoomWindow};
use crate::live::{Live, use_live};
use crate::{
    base_path::with_base,
    components::reactive::{Erased, listener, memo, part},
};
use proto::{
    ids::TaskId,
    task::{Output, OutputKind, OutputStorage, Task, TaskState},
};

/// What the stage shows.
#[derive(Clone, Debug, PartialEq)]
enum StageContent {
    /// The newest preview.
    Preview,
    Result(Output),
    Nothing,
}

/// The preview, the result, or a text why there is neither.
#[component]
pub(super) fn Picture(
    task: TaskId,
    /// The result that a person chose to see.
    chosen: RwSignal<Option<u32>>,
) -> impl IntoView {
    let live = use_live();
    let results = memo(move || live.with_task(task, showable).unwrap_or_default());
    let shows = memo(move || shows(live, task, &results.get(), chosen.get()));
    let shown = memo(move || match shows.get() {
        StageContent::Result(output) => Some(output.id),
        _ => None,
    });
    let is_picture = memo(move || match shows.get() {
        StageContent::Preview => true,
        StageContent::Result(output) => output.kind == OutputKind::Image,
        StageContent::Nothing => false,
    });
    let (width, height) = untrack(|| live.with_task(task, size)).unwrap_or((1, 1));
    view! {
        <section class="stage" id="stage" aria-label="Picture">
            // Reserves the space of the picture.
            <svg class="stage-size" viewBox=format!("0 0 {width} {height}") aria-hidden="true"></svg>
            <ZoomWindow holds=is_picture>{part(move || match shows.get() {
                StageContent::Preview => view! { <Preview task /> }.erased(),
                StageContent::Result(output) => view! { <OutputView task output all=results /> }.erased(),
                StageContent::Nothing => view! { <Blank task /> }.erased(),
            })}</ZoomWindow>
            <StorageBadge task shown />
            <Results task results chosen />
        </section>
    }
    .erased()
}

/// The newest preview. One that cannot be loaded is hidden.
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
            class:hidden=memo(move || broken.with(|broken| broken.is_some() && *broken == url.get()))
            on:error=listener(move |_| broken.set(url.get_untracked()))
        />
        <p class="stage-badge"><span class="dot" data-tone="accent" aria-hidden="true"></span>{step}</p>
    }
    .erased()
}

/// All outputs, pictures first. Where they are is left out: a video that plays must not begin anew because it was copied.
fn showable(task: &Task) -> Vec<Output> {
    let rest = task.outputs.iter().filter(|output| output.kind != OutputKind::Image);
    task.pictures().chain(rest).map(|output| Output { storage: OutputStorage::default(), ..output.clone() }).collect()
}

fn shows(live: Live, id: TaskId, results: &[Output], chosen: Option<u32>) -> StageContent {
    let chosen = chosen.and_then(|chosen| results.iter().find(|output| output.id == chosen));
    if let Some(output) = chosen {
        return StageContent::Result(output.clone());
    }
    let running = live.with_task(id, |task| task.state == TaskState::Running).unwrap_or_default();
    if running && preview(live, id).is_some() {
        return StageContent::Preview;
    }
    // While it runs the newest, at the end the first, with which the row of results begins.
    let result = if running { results.last() } else { results.first() };
    result.cloned().map_or(StageContent::Nothing, StageContent::Result)
}

/// The URL of the newest preview: the last one received by this page, else the server's. `None` when previews are switched off.
fn preview(live: Live, id: TaskId) -> Option<String> {
    if !live.preferences().previews {
        return None;
    }
    live.preview(id).or_else(|| {
        let samples = live.with_progress(id, |task| task.nodes.iter().any(|node| node.has_bar()))?;
        samples.then(|| with_base(&format!("/tasks/{id}/preview")))
    })
}

/// Width and height of the space to reserve.
fn size(task: &Task) -> (u32, u32) {
    task.recipe.as_ref().map_or((1, 1), |recipe| (recipe.width.clamp(1, 16_384), recipe.height.clamp(1, 16_384)))
}
