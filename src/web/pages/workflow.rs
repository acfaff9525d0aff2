//! The form of a workflow, and the saved workflows, for Studio. Their code is loaded when that half of the form is opened.

use futures::FutureExt;
use leptos::{
    prelude::*,
    wasm_bindgen::JsValue,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::lazy::{LazyCode, if_loaded};
use crate::components::reactive::Erased;
use crate::components::{Boundary, FormModel, SavedWorkflows, WorkflowFields, memo, open_any_file, open_saved, part, use_form};
use proto::{ids::WorkflowId, submit::Refusal};

/// The form of the workflow that is chosen.
pub(super) fn workflow_fields() -> AnyView {
    loaded(|parts| (parts.fields)())
}

/// The saved workflows.
pub(super) fn saved_workflows() -> AnyView {
    loaded(|parts| (parts.saved)())
}

/// Opens a file that was chosen or dropped.
pub(super) fn open_file(form: FormModel, file: JsValue) {
    leptos::task::spawn_local(async move {
        match (load_workflow().await, parts().now_or_never()) {
            (Ok(()), Some(Ok(parts))) => (parts.open_file)(form, file),
            _ => {
                form.opening.set(false);
                let message = "Darkroom cannot be reached. Choose the file again later.".into();
                form.refusal.set(Some(Refusal { message, problems: Vec::new() }));
            }
        }
    });
}

/// A page that was opened with `?workflow=ID`, a link to a saved workflow, shows its form.
pub(super) fn open_linked() {
    let form = use_form();
    let linked = leptos_router::hooks::use_query_map();
    let id = memo(move || linked.with(|query| query.get_str("workflow").and_then(|id| id.parse().ok())));
    Effect::new(move |_| {
        if let Some(id) = id.get() {
            leptos::task::spawn_local(async move {
                if load_workflow().await.is_ok()
                    && let Some(Ok(parts)) = parts().now_or_never()
                {
                    (parts.open)(form, id);
                }
            });
        }
    });
}

fn loaded(draw: impl Fn(WorkflowParts) -> AnyView + Send + 'static) -> AnyView {
    let code = LazyCode::new();
    code.load(load_workflow());
    part(move || match if_loaded("workflow", parts()) {
        Some(parts) => draw(parts),
        None => code.placeholder(),
    })
}

pub(super) struct WorkflowParts {
    fields: fn() -> AnyView,
    saved: fn() -> AnyView,
    open: fn(FormModel, WorkflowId),
    open_file: fn(FormModel, JsValue),
}

#[wasm_split(workflow, wasm_split_path = leptos::wasm_split, preload(load_workflow), fallible)]
pub(super) fn parts() -> Result<WorkflowParts, SplitLoaderError> {
    Ok(WorkflowParts { fields, saved, open: open_saved, open_file: open_any_file })
}

fn fields() -> AnyView {
    view! { <Boundary name="The form of the workflow"><WorkflowFields /></Boundary> }.erased()
}

fn saved() -> AnyView {
    view! { <Boundary name="The list of saved workflows"><SavedWorkflows /></Boundary> }.erased()
}
