//! Webhook messages and their delivery attempts as the API and pages show them.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::event::WebhookEvent;
use crate::time::Timestamp;

/// The state of a message to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum DeliveryState {
    /// The next attempt is scheduled.
    Waiting,
    /// An attempt is in progress.
    Sending,
    Delivered,
    /// All attempts of the schedule failed.
    Failed,
    /// Not to be sent: the receiver answered 410, or the webhook is no longer in the settings.
    Disabled,
}

impl DeliveryState {
    /// The name in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The state of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AttemptState {
    Sending,
    Delivered,
    Failed,
    /// The server process ended during the attempt: the outcome is unknown.
    Interrupted,
}

impl AttemptState {
    /// The name in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A message to a webhook. `E`: what it tells of, a task unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery<E = WebhookEvent> {
    pub id: String,
    pub event: E,
    /// The webhook's url without its query, which may contain a secret.
    pub address: String,
    /// The webhook was given with the task; otherwise it is in the settings.
    pub is_own: bool,
    pub state: DeliveryState,
    pub created_at: Timestamp,
    /// When the next attempt is due.
    pub next_at: Option<Timestamp>,
    /// Oldest first; only the latest [`crate::limits::WEBHOOK_ATTEMPTS`].
    pub attempts: Vec<DeliveryAttempt>,
}

/// One attempt to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryAttempt {
    /// Counts from 1.
    pub number: u32,
    pub state: AttemptState,
    /// Requested by a person or program; otherwise an attempt of the schedule.
    pub by_hand: bool,
    pub at: Timestamp,
    /// Milliseconds.
    pub took_ms: Option<u32>,
    /// HTTP status of the response, if there was one.
    pub status: Option<u16>,
    /// Why it failed, as text.
    pub error: Option<String>,
    /// The beginning of the response body.
    pub answer: Option<String>,
}
