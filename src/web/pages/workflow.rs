//! The form of a workflow, for Studio. Its code is loaded when a workflow is chosen.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::lazy::{LazyCode, if_loaded};
use crate::components::reactive::Erased;
use crate::components::{Boundary, WorkflowFields, part};

/// The form of the workflow that is chosen.
pub(super) fn workflow_fields() -> AnyView {
    let code = LazyCode::new();
    code.load(load_workflow());
    part(move || match if_loaded("workflow", draw_workflow()) {
        Some(draw) => draw(),
        None => code.placeholder(),
    })
}

#[wasm_split(workflow, wasm_split_path = leptos::wasm_split, preload(load_workflow), fallible)]
fn draw_workflow() -> Result<fn() -> AnyView, SplitLoaderError> {
    Ok(draw)
}

fn draw() -> AnyView {
    view! { <Boundary name="The form of the workflow"><WorkflowFields /></Boundary> }.erased()
}
