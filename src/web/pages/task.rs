//! The page of one task. The parts of it that Studio shows are here, too, so that all code for showing a task is one WASM file.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::{ChooseView, hooks::use_params_map};

use super::{from_picture::upscale, lazy::LazyPage, not_found::set_not_found, task_workflow::task_workflow};
use crate::components::reactive::Erased;
use crate::{
    base_path::with_base,
    components::{
        Attempts, Boundary, Lookup, MadeFrom, NodePanel, RecipeFacts, ResolvedTexts, Stage, StartedFrom, TaskFacts, UpscaleSlot, Webhooks,
        look_up, memo, part,
    },
    live::use_live,
};
use proto::ids::TaskId;

/// The page of one task, for the router. Its code is loaded when the page is opened.
#[must_use]
pub fn task_page() -> impl ChooseView {
    LazyPage::new("task", load_task, draw_task)
}

#[wasm_split(task, wasm_split_path = leptos::wasm_split, preload(load_task), fallible)]
pub(super) fn draw_task() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <TaskPage /> }.erased())
}

/// The parts of a task that Studio shows.
pub(super) struct TaskParts {
    /// The picture and its progress.
    pub stage: fn(TaskId) -> AnyView,
    /// Its nodes and facts.
    pub nodes: fn(TaskId) -> AnyView,
}

#[wasm_split(task, wasm_split_path = leptos::wasm_split, preload(load_parts), fallible)]
pub(super) fn parts() -> Result<TaskParts, SplitLoaderError> {
    Ok(TaskParts { stage, nodes })
}

fn stage(task: TaskId) -> AnyView {
    provide_context(UpscaleSlot(upscale));
    view! { <Stage task /> }.erased()
}

fn nodes(task: TaskId) -> AnyView {
    let parts = view! {
        <NodePanel task />
        <Boundary name="What is known of the task"><MadeFrom task /><StartedFrom task /><TaskFacts task /></Boundary>
    };
    parts.erased()
}

/// The page of the task in the address.
#[component]
fn TaskPage() -> impl IntoView {
    let params = use_params_map();
    let requested = memo(move || params.with(|params| params.get("id")?.parse::<TaskId>().ok()));
    let lookup = look_up(move || requested.get());
    let lookup = memo(move || lookup.get());
    part(move || match (lookup.get(), requested.get()) {
        (Lookup::Found, Some(task)) => view! { <TaskView task /> }.erased(),
        (Lookup::Loading, _) => view! { <PlainPage title="Looking up this task…" text="" /> }.erased(),
        (Lookup::Unreachable, _) => {
            view! { <PlainPage title="This task could not be looked up" text="Darkroom did not answer. Reload the page to try again." /> }
                .erased()
        }
        _ => {
            set_not_found();
            view! { <PlainPage title="There is no such task" text="It was deleted, or the address is mistyped." /> }.erased()
        }
    })
}

#[component]
fn TaskView(task: TaskId) -> impl IntoView {
    let live = use_live();
    let name = memo(move || live.with_task(task, |task| task.name.clone()));
    provide_context(UpscaleSlot(upscale));
    view! {
        <div class="task-page">
            <div class="task-head">
                <h1>{name}</h1>
                <p class="note task-id">{task.to_string()}</p>
            </div>
            <div class="task-main"><Stage task own_page=true />{task_workflow(task)}</div>
            <aside class="task-side">
                <section class="card" aria-label="Nodes of this task"><NodePanel task /></section>
                <Boundary name="What is known of the task">
                    <section class="card" aria-label="Facts"><h2>"Facts"</h2><StartedFrom task /><TaskFacts task full=true /></section>
                    <section class="card" aria-label="Attempts of this task"><Attempts task /></section>
                    <section class="card task-recipe" aria-label="Settings"><RecipeFacts task /></section>
                    <section class="card task-recipe" aria-label="Templates"><ResolvedTexts task /></section>
                </Boundary>
                <Boundary name="What webhooks were told">
                    <section class="card" aria-label="Webhooks of this task"><Webhooks task /></section>
                </Boundary>
            </aside>
        </div>
    }
    .erased()
}

#[component]
fn PlainPage(title: &'static str, text: &'static str) -> impl IntoView {
    view! {
        <div class="plain-page">
            <h1>{title}</h1>
            <p>{text}</p>
            <p><a class="button" href=with_base("/")>"Go to Studio"</a></p>
        </div>
    }
    .erased()
}
