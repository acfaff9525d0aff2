//! `/api/tasks/{id}/webhooks`: the messages about a task that were sent to webhooks, with every attempt. And the webhook of a new task.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    extract::{DeliveryPath, TaskPath},
    fields::not_null,
    kind::ProblemKind,
    problem::{ApiProblem, FieldError},
    responses::{ReadTaskProblems, problem_responses},
};
use crate::{AppState, clock::rfc3339, config::Secret, store::OwnWebhook, webhooks::RedeliveryError};
use proto::{
    limits,
    webhook::{AttemptState, Delivery, DeliveryAttempt, DeliveryState, WebhookEvent, WebhookEvents},
};
use webhook::{AllowList, SigningKey, WebhookUrl, redacted_url};

/// The url to call when the task changes. The body is a `Message` as in event streams, signed according to Standard Webhooks.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewWebhook {
    /// `http` or `https`. On the public internet, unless Darkroom's settings allow more.
    #[schema(format = "uri", max_length = 2048, example = "https://shop.example/darkroom")]
    url: String,
    /// The events to send. Without it, the ends.
    #[schema(nullable = false, min_items = 1, default = json!(["completed", "failed", "cancelled"]))]
    #[serde(default, deserialize_with = "not_null")]
    events: Option<Vec<WebhookEvent>>,
    /// The secret that signs the calls: `whsec_` and 24 to 64 bytes in base64. Without it, Darkroom's own. It is never returned.
    #[schema(value_type = Option<String>, nullable = false, pattern = "^whsec_[A-Za-z0-9+/]{32,87}={0,2}$", example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    #[serde(default, deserialize_with = "not_null")]
    secret: Option<Secret>,
    /// Between two messages of progress, at least. Seconds.
    #[schema(nullable = false, minimum = 1, maximum = 3600, default = 5)]
    #[serde(default, deserialize_with = "not_null")]
    progress_every_s: Option<f64>,
}

impl NewWebhook {
    /// # Errors
    /// What is wrong, and where.
    pub(super) fn check(self, allowed: &AllowList) -> Result<OwnWebhook, Vec<FieldError>> {
        let Self { url, events, secret, progress_every_s } = self;
        let wrong = |field: &str, detail: String| FieldError { pointer: format!("/webhook/{field}"), detail };
        let mut errors = Vec::new();
        let target = WebhookUrl::parse(&url).and_then(|target| target.check(allowed).map(|()| target).map_err(Into::into));
        let target = target.map_err(|error| errors.push(wrong("url", error.to_string()))).ok();
        let events = match events {
            Some(events) if events.is_empty() => {
                errors.push(wrong("events", "Name at least one event, or leave it out for the ends.".into()));
                WebhookEvents::default()
            }
            Some(events) => events.into_iter().collect(),
            None => WebhookEvents::default(),
        };
        if let Some(error) = secret.as_ref().and_then(|secret| SigningKey::parse(secret.reveal()).err()) {
            errors.push(wrong("secret", format!("It cannot be used: {error}.")));
        }
        let (least, usual, most) = limits::WEBHOOK_PROGRESS;
        let progress_every = match progress_every_s {
            None => usual,
            Some(seconds) if (least.as_secs_f64()..=most.as_secs_f64()).contains(&seconds) => std::time::Duration::from_secs_f64(seconds),
            Some(seconds) => {
                errors.push(wrong("progressEveryS", format!("It is 1 to 3600 seconds, not {seconds}.")));
                usual
            }
        };
        match target {
            Some(WebhookUrl { url, host }) if errors.is_empty() => {
                Ok(OwnWebhook { url: url.into(), host, events, secret, progress_every, disabled_at: None })
            }
            _ => Err(errors),
        }
    }
}

/// The messages about a task for webhooks.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub struct WebhooksReport {
    /// The webhook that was named with the task.
    webhook: Option<WebhookReport>,
    /// Every message, to this webhook and to those of the settings, oldest first.
    deliveries: Vec<DeliveryReport>,
}

/// The webhook that was named with a task. Its secret is never shown, nor is the query of its url.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookReport {
    #[schema(example = "https://shop.example/darkroom")]
    url: String,
    events: Vec<WebhookEvent>,
    progress_every_s: f64,
    /// The receiver answered 410 then: nothing is sent any more, until a message is replayed by hand.
    #[schema(format = DateTime)]
    disabled_at: Option<String>,
}

/// A message to a webhook.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Delivery)]
pub struct DeliveryReport {
    /// `webhook-id`: the same in all attempts.
    #[schema(example = "msg_0195e0a4000070008000000000000001_completed")]
    id: String,
    event: WebhookEvent,
    url: String,
    /// It goes to the webhook that was named with the task; otherwise to one of the settings.
    own: bool,
    state: DeliveryState,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is sent (again).
    #[schema(format = DateTime)]
    next_at: Option<String>,
    /// Oldest first; the newest 50.
    attempts: Vec<AttemptReport>,
}

/// An attempt to deliver a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryAttempt)]
pub struct AttemptReport {
    #[schema(minimum = 1)]
    number: u32,
    state: AttemptState,
    /// A person or program requested it; otherwise it was due by the schedule.
    by_hand: bool,
    #[schema(format = DateTime)]
    at: String,
    /// Until the answer began. Milliseconds.
    took_ms: Option<u32>,
    /// Of the answer.
    status: Option<u16>,
    /// Why it failed.
    error: Option<String>,
    /// How the answer began, in one line.
    answer: Option<String>,
}

impl From<Delivery> for DeliveryReport {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, event, address, is_own, state, created_at, next_at, attempts } = delivery;
        let attempts = attempts.into_iter().map(AttemptReport::from).collect();
        let (created_at, next_at) = (rfc3339(created_at), next_at.map(rfc3339));
        Self { id, event, url: address, own: is_own, state, created_at, next_at, attempts }
    }
}

impl From<DeliveryAttempt> for AttemptReport {
    fn from(attempt: DeliveryAttempt) -> Self {
        let DeliveryAttempt { number, state, by_hand, at, took_ms, status, error, answer } = attempt;
        Self { number, state, by_hand, at: rfc3339(at), took_ms, status, error, answer }
    }
}

/// List the messages to webhooks
///
/// Every message about this task, and every attempt to deliver it.
#[utoipa::path(
    get,
    path = "/tasks/{id}/webhooks",
    operation_id = "getTaskWebhooks",
    tag = "Webhooks",
    params(("id" = Uuid, Path, description = "The task's id.")),
    responses(
        (status = 200, description = "The task's webhook, and all messages.", body = WebhooksReport),
        ReadTaskProblems,
    ),
)]
pub(super) async fn list(State(state): State<AppState>, TaskPath(id): TaskPath) -> Result<Json<WebhooksReport>, ApiProblem> {
    let webhook = state.archive().stored(id).await?.ok_or_else(ApiProblem::unknown_task)?.origin.webhook;
    let deliveries = state.deliveries().list(id).await?.into_iter().map(DeliveryReport::from).collect();
    let webhook = webhook.map(|OwnWebhook { url, events, progress_every, disabled_at, .. }| WebhookReport {
        url: redacted_url(&url),
        events: events.iter().collect(),
        progress_every_s: progress_every.as_secs_f64(),
        disabled_at: disabled_at.map(rfc3339),
    });
    Ok(Json(WebhooksReport { webhook, deliveries }))
}

problem_responses!(ReplayProblems {
    400 => "Not an id.",
    404 => "There is no such task, or no such message about it.",
    409 => "It is being sent right now, or its webhook is no longer in the settings.",
    503 => "The database cannot be written.",
});

/// Send a message again
///
/// At once, whatever the earlier outcome, with the same `webhook-id`, so that a receiver recognizes a repetition. Scheduled attempts stay.
/// A webhook that a 410 disabled is enabled by it.
#[utoipa::path(
    post,
    path = "/tasks/{id}/webhooks/{delivery}/replay",
    operation_id = "replayWebhook",
    tag = "Webhooks",
    params(
        ("id" = Uuid, Path, description = "The task's id."),
        ("delivery" = String, Path, description = "The message's id."),
    ),
    responses(
        (status = 202, description = "It will be sent in a moment."),
        ReplayProblems,
    ),
)]
pub(super) async fn replay(
    State(state): State<AppState>,
    TaskPath(id): TaskPath,
    DeliveryPath(delivery): DeliveryPath,
) -> Result<StatusCode, ApiProblem> {
    state.deliveries().redeliver(id, delivery).await?;
    Ok(StatusCode::ACCEPTED)
}

impl From<RedeliveryError> for ApiProblem {
    fn from(error: RedeliveryError) -> Self {
        match error {
            RedeliveryError::UnknownTask => Self::unknown_task(),
            RedeliveryError::UnknownDelivery => Self::new(ProblemKind::UnknownDelivery, error.to_string()),
            RedeliveryError::Sending | RedeliveryError::NoWebhook => Self::new(ProblemKind::WrongState, error.to_string()),
            RedeliveryError::Store(error) => error.into(),
        }
    }
}
