//! Server functions, which pages call over HTTP. Thin: each calls the [`Service`](crate::service::Service) and returns types of `proto`.
//!
//! Encoded in postcard, as on the WebSocket: a JSON codec is four times the code that every browser would load.

use leptos::{prelude::*, server_fn::codec::Postcard};

#[cfg(feature = "ssr")]
use proto::submit::SubmitError;
use proto::{
    ids::{CommandId, TaskId},
    outbox::{Answer, Order},
    submit::{FormOptions, OpenedFile, Submission, Submitted},
    task::{Snapshot, Task},
    webhook::Delivery,
    wire::{Command, News, Resume, close},
};

/// Submits a task, for programs. Returns when the task is on disk or refused. Submissions with the same `Idempotency-Key` header are one task.
///
/// # Errors
/// The server cannot be reached, or cannot accept it now (503, `Retry-After`). A refusal is `Ok`.
#[server(prefix = "/api/fn", endpoint = "submit", input = Postcard, output = Postcard)]
pub async fn submit_task(submission: Submission) -> Result<Submitted, ServerFnError> {
    let key = idempotency_key();
    match service()?.submit(submission, key).await {
        Ok(task) => Ok(Submitted::Accepted { task }),
        Err(SubmitError::Refused(refusal)) => Ok(Submitted::Refused(refusal)),
        Err(SubmitError::Unavailable(why)) => {
            try_again_later();
            Err(ServerFnError::new(why))
        }
    }
}

/// Carries out a command, for programs: cancel, pause, move, …
///
/// # Errors
/// The task is unknown, or the command is not possible in its state. The message is for people.
#[server(prefix = "/api/fn", endpoint = "command", input = Postcard, output = Postcard)]
pub async fn send_command(command: Command) -> Result<(), ServerFnError> {
    service()?.command(command).await.map_err(ServerFnError::new)
}

/// Carries out an order of a page, once per `id` even if it is sent repeatedly.
///
/// # Errors
/// Only when the server cannot be reached. A refusal is `Ok`.
#[server(prefix = "/api/fn", endpoint = "order", input = Postcard, output = Postcard)]
pub async fn send_order(id: CommandId, order: Order) -> Result<Answer, ServerFnError> {
    Ok(service()?.order(id, order).await)
}

/// One task with all details.
///
/// # Errors
/// Only when the server cannot be reached.
#[server(prefix = "/api/fn", endpoint = "task", input = Postcard, output = Postcard)]
pub async fn fetch_task(id: TaskId) -> Result<Option<Task>, ServerFnError> {
    Ok(service()?.task(id).await)
}

/// The changes since `known`, for a page without a live connection.
///
/// # Errors
/// Only when the server cannot be reached.
#[server(prefix = "/api/fn", endpoint = "news", input = Postcard, output = Postcard)]
pub async fn fetch_news(known: Resume) -> Result<News, ServerFnError> {
    Ok(service()?.news(known))
}

/// The messages about a task to webhooks, sent and pending, oldest first.
///
/// # Errors
/// Only when the server cannot be reached.
#[server(prefix = "/api/fn", endpoint = "webhooks", input = Postcard, output = Postcard)]
pub async fn fetch_webhooks(id: TaskId) -> Result<Vec<Delivery>, ServerFnError> {
    Ok(service()?.deliveries(id).await)
}

/// Sends a message to a webhook again. `Some`: it was refused, and why.
///
/// # Errors
/// Only when the server cannot be reached.
#[server(prefix = "/api/fn", endpoint = "replay", input = Postcard, output = Postcard)]
pub async fn replay_webhook(id: TaskId, delivery: String) -> Result<Option<String>, ServerFnError> {
    Ok(service()?.redeliver(id, delivery).await.err())
}

/// The present state, for programs.
///
/// # Errors
/// Only when the server cannot be reached.
#[server(prefix = "/api/fn", endpoint = "snapshot", input = Postcard, output = Postcard)]
pub async fn fetch_snapshot() -> Result<Snapshot, ServerFnError> {
    Ok(service()?.snapshot())
}

/// Opens a file that should hold a workflow, in any encoding and wrapper, or a picture that ComfyUI made. The inner error says what it is
/// instead, for people.
///
/// # Errors
/// Only when the server cannot be reached.
#[server(prefix = "/api/fn", endpoint = "open", input = Postcard, output = Postcard)]
pub async fn open_file(bytes: Vec<u8>) -> Result<Result<OpenedFile, String>, ServerFnError> {
    Ok(service()?.open_file(bytes).await)
}

/// The choices of the built-in form.
///
/// # Errors
/// Only when the server cannot be reached.
#[server(prefix = "/api/fn", endpoint = "options", input = Postcard, output = Postcard)]
pub async fn fetch_form_options() -> Result<FormOptions, ServerFnError> {
    Ok(service()?.form_options())
}

/// Whether a server function was refused because the session is over. Errors of server functions carry only text, so this text is part of
/// the protocol between server and page.
#[must_use]
pub fn is_signed_out(error: &ServerFnError) -> bool {
    matches!(error, ServerFnError::ServerError(why) if why == close::SIGNED_OUT)
}

#[cfg(feature = "ssr")]
fn idempotency_key() -> Option<String> {
    let parts = use_context::<axum::http::request::Parts>()?;
    Some(String::from_utf8_lossy(parts.headers.get("idempotency-key")?.as_bytes()).into_owned())
}

#[cfg(feature = "ssr")]
fn try_again_later() {
    use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER};
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(StatusCode::SERVICE_UNAVAILABLE);
        response.insert_header(RETRY_AFTER, HeaderValue::from_static("5"));
    }
}

#[cfg(feature = "ssr")]
fn service() -> Result<crate::service::ArcService, ServerFnError> {
    use_context().ok_or_else(|| ServerFnError::new("the server is not ready"))
}
