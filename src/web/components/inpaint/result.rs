//! The task of the edit: its result over the picture as it develops, and what can be done with it.

use leptos::{ev, prelude::*};

use super::{
    compare::{Compare, Over, ResultCanvas},
    model::InpaintModel,
};
use crate::{
    base_path::with_base,
    components::{
        Lookup, ProgressTracker, look_up,
        reactive::{Erased, When, listener, memo, part},
    },
    live::use_live,
};
use proto::{
    ids::TaskId,
    task::{Output, TaskState},
};

#[component]
pub(super) fn EditResult(model: InpaintModel) -> impl IntoView {
    let task = memo(move || model.choices.with(|choices| choices.task));
    let lookup = look_up(move || task.get());
    let found = memo(move || task.get().filter(|_| lookup.get() == Lookup::Found));
    part(move || match (found.get(), task.get()) {
        (Some(task), _) => view! { <TaskResult model task /> }.erased(),
        (None, Some(_)) => view! { <p class="note" role="status">"Looking for the task…"</p> }.erased(),
        (None, None) => ().into_any(),
    })
}

#[component]
fn TaskResult(model: InpaintModel, task: TaskId) -> impl IntoView {
    let live = use_live();
    let chosen = RwSignal::new(None);
    let shown = memo(move || {
        let picture = |task: &proto::task::Task| {
            let chosen = chosen.get().and_then(|chosen| task.pictures().find(|output| output.id == chosen));
            chosen.or_else(|| task.pictures().next()).cloned()
        };
        live.with_task(task, picture).flatten()
    });
    let running = memo(move || live.with_task(task, |task| task.state) == Some(TaskState::Running));
    let over = memo(move || match (shown.get(), live.preview(task)) {
        (Some(output), _) => Over::Result(url(task, &output)),
        (None, Some(preview)) if running.get() => Over::Preview(preview),
        _ => Over::Nothing,
    });
    // A task of an earlier version of Darkroom does not say what it was made with.
    let made = memo(move || {
        let start = live.with_task(task, |task| task.start.clone()).flatten()?;
        let (picture, part) = (start.picture()?, start.part()?);
        Some(ResultCanvas::of(picture.picture, picture.size, Some(&part.edit)))
    });
    let several =
        memo(move || live.with_task(task, |task| task.pictures().map(|output| output.id).collect::<Vec<_>>()).unwrap_or_default());
    let use_it = move |_: ev::MouseEvent| {
        if let Some(output) = shown.get_untracked() {
            choose_result(model, task, output.id);
        }
    };
    view! {
        <div class="edit-result">
            <Compare model made over />
            {part(move || (several.with(Vec::len) > 1).then(|| view! {
                <div class="picture-buttons" role="group" aria-label="Results">
                    {several.get().into_iter().enumerate().map(|(at, id)| view! {
                        <button
                            type="button"
                            class="button"
                            aria-pressed=memo(move || if shown.get().is_some_and(|output| output.id == id) { "true" } else { "false" })
                            on:click=listener(move |_: ev::MouseEvent| chosen.set(Some(id)))
                        >
                            {format!("Result {}", at + 1)}
                        </button>
                    }.erased()).collect_view()}
                </div>
            }.erased()).into_any())}
            <When holds=memo(move || shown.with(Option::is_some))>
                <div class="picture-buttons">
                    <button type="button" class="button" on:click=listener(use_it)>"Use the result as the picture"</button>
                </div>
            </When>
            <ProgressTracker task chosen />
        </div>
    }
    .erased()
}

fn url(task: TaskId, output: &Output) -> String {
    with_base(&format!("/tasks/{task}/outputs/{}", output.id))
}

fn choose_result(model: InpaintModel, task: TaskId, output: u32) {
    #[cfg(feature = "hydrate")]
    super::upload::choose_result(model, task, output);
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, task, output);
}
