//! What is not finished, and a way to stop it.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::ChooseView;
use uuid::Uuid;

use super::lazy::LazyPage;
use crate::{
    components::{CancelButton, memo, rows, state_word},
    live::use_live,
    proto::ids::TaskId,
};

/// The page of what is not finished, for the router. Its code is loaded when it is opened.
#[must_use]
pub fn queue_page() -> impl ChooseView {
    LazyPage::new("queue", load_queue, draw_queue)
}

#[wasm_split(queue, wasm_split_path = leptos::wasm_split, preload(load_queue), fallible)]
pub(super) fn draw_queue() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Queue /> }.into_any())
}

#[component]
fn Queue() -> impl IntoView {
    let live = use_live();
    let is_unfinished = move |task: &TaskId| live.with_task(*task, |task| !task.state.is_final()).unwrap_or_default();
    let keys = memo(move || live.task_ids().iter().filter(|task| is_unfinished(task)).map(|task| task.0.as_u128()).collect::<Vec<_>>());
    view! {
        <div class="plain-page">
            <h1>"Queue"</h1>
            <ul aria-label="Unfinished tasks">{rows(keys, |key| view! { <Row task=TaskId(Uuid::from_u128(key)) /> }.into_any())}</ul>
        </div>
    }
}

#[component]
fn Row(task: TaskId) -> impl IntoView {
    let live = use_live();
    let name = move || live.with_task(task, |task| task.name.clone());
    let state = memo(move || live.with_task(task, |task| task.state).map(state_word).unwrap_or_default());
    view! {
        <li>
            <a href=format!("/tasks/{task}")>{name}</a>
            " "
            <span>{state}</span>
            <CancelButton task />
        </li>
    }
}
