//! Server functions, which pages call over HTTP. Thin: each calls the `Service` in its context and returns types of `proto`.
//!
//! Encoded in postcard, as on the WebSocket: a JSON codec is four times the code that every browser would load.

mod error;

use leptos::{prelude::*, server_fn::codec::Postcard};

use proto::{
    ids::{CommandId, TaskId, WorkflowId},
    outbox::{Answer, Order},
    submit::{FormOptions, OpenedFile, OpenedSavedWorkflow, SavedWorkflowName, WorkflowForm, WorkflowToSave},
    task::Task,
    webhook::Delivery,
    wire::{News, Resume},
};

pub use error::CallError;

/// Carries out an order of a page, once per `id` even if it is sent repeatedly.
///
/// # Errors
/// See [`CallError`]; a refusal of the order is `Ok`.
#[server(prefix = "/api/fn", endpoint = "order", input = Postcard, output = Postcard)]
pub async fn send_order(id: CommandId, order: Order) -> Result<Answer, CallError> {
    Ok(service()?.order(id, order).await)
}

/// One task with all details.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "task", input = Postcard, output = Postcard)]
pub async fn fetch_task(id: TaskId) -> Result<Option<Task>, CallError> {
    Ok(service()?.task(id).await)
}

/// The changes since `known`, for a page without a live connection.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "news", input = Postcard, output = Postcard)]
pub async fn fetch_news(known: Resume) -> Result<News, CallError> {
    Ok(service()?.news(known))
}

/// The messages about a task to webhooks, sent and pending, oldest first.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "webhooks", input = Postcard, output = Postcard)]
pub async fn fetch_webhooks(id: TaskId) -> Result<Vec<Delivery>, CallError> {
    Ok(service()?.deliveries(id).await)
}

/// Sends a message to a webhook again. `Some`: it was refused, and why.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "replay", input = Postcard, output = Postcard)]
pub async fn replay_webhook(id: TaskId, delivery: String) -> Result<Option<String>, CallError> {
    Ok(service()?.redeliver(id, delivery).await.err().map(|error| error.to_string()))
}

/// Opens a file that should hold a workflow, in any encoding and wrapper, or a picture that ComfyUI made. The inner error says what it is
/// instead, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "open", input = Postcard, output = Postcard)]
pub async fn open_file(bytes: Vec<u8>) -> Result<Result<OpenedFile, String>, CallError> {
    Ok(service()?.open_file(bytes).await)
}

/// The form of a workflow in API format, as it was arranged if it is a saved one. The inner error says why there is none, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "form", input = Postcard, output = Postcard)]
pub async fn fetch_workflow_form(json: String, saved: Option<WorkflowId>) -> Result<Result<WorkflowForm, String>, CallError> {
    Ok(service()?.workflow_form(json, saved).await)
}

/// The saved workflows, the one changed last first. The inner error says why they cannot be read, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "saved_workflows", input = Postcard, output = Postcard)]
pub async fn fetch_saved_workflows() -> Result<Result<Vec<SavedWorkflowName>, String>, CallError> {
    Ok(service()?.saved_workflows().await)
}

/// A saved workflow. The inner error says why there is none, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "open_workflow", input = Postcard, output = Postcard)]
pub async fn open_saved_workflow(id: WorkflowId) -> Result<Result<OpenedSavedWorkflow, String>, CallError> {
    Ok(service()?.open_workflow(id).await)
}

/// Saves a workflow. The inner error says why it was not, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "save_workflow", input = Postcard, output = Postcard)]
pub async fn save_workflow(workflow: WorkflowToSave) -> Result<Result<SavedWorkflowName, String>, CallError> {
    Ok(service()?.save_workflow(workflow).await)
}

/// The choices of the built-in form.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "options", input = Postcard, output = Postcard)]
pub async fn fetch_form_options() -> Result<FormOptions, CallError> {
    Ok(service()?.form_options())
}

#[cfg(feature = "ssr")]
fn service() -> Result<::service::ArcService, CallError> {
    use_context().ok_or_else(|| CallError::Refused("The server is not ready.".into()))
}
