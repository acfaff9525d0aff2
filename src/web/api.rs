//! Server functions, which pages call over HTTP. Thin: each calls the [`Service`](crate::service::Service) and returns types of `proto`.
//!
//! Encoded in postcard, as on the WebSocket: a JSON codec is four times the code that every browser would load.

use leptos::{prelude::*, server_fn::codec::Postcard};

use proto::{
    ids::{CommandId, TaskId},
    outbox::{Answer, Order},
    submit::FormOptions,
    task::Task,
    webhook::Delivery,
    wire::{News, Resume, close},
};

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
fn service() -> Result<crate::service::ArcService, ServerFnError> {
    use_context().ok_or_else(|| ServerFnError::new("the server is not ready"))
}
