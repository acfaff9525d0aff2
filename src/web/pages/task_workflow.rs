//! Graph, timeline, inputs and files of a task, for its page. Their code is loaded when that page is opened.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::lazy::{LazyCode, if_loaded};
use crate::components::{TaskWorkflowPanels, part, reactive::Erased};
use proto::ids::TaskId;

/// The parts of the page that are about the task's workflow.
pub(super) fn task_workflow(task: TaskId) -> AnyView {
    let code = LazyCode::new();
    Effect::new(move |_| code.load(load_task_workflow()));
    part(move || match if_loaded("task_workflow", panels()) {
        Some(panels) => panels(task),
        None => code.placeholder(),
    })
}

#[wasm_split(task_workflow, wasm_split_path = leptos::wasm_split, preload(load_task_workflow), fallible)]
pub(super) fn panels() -> Result<fn(TaskId) -> AnyView, SplitLoaderError> {
    Ok(draw)
}

fn draw(task: TaskId) -> AnyView {
    view! { <TaskWorkflowPanels task /> }.erased()
}
