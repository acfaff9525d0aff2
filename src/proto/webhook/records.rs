//! What is shown of messages to webhooks and of the attempts to deliver them.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::event::WebhookEvent;
use crate::time::Timestamp;

/// How a message to a webhook does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum DeliveryState {
    /// To be sent, or to be sent again.
    Waiting,
    /// An attempt is under way.
    Sending,
    Delivered,
    /// All attempts of the schedule failed.
    Failed,
    /// Not to be sent: the receiver answered 410, or the webhook is no longer in the settings.
    Disabled,
}

impl DeliveryState {
    /// The word in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AttemptState {
    Sending,
    Delivered,
    Failed,
    /// The process ended meanwhile: the outcome is unknown.
    Interrupted,
}

impl AttemptState {
    /// The word in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A message to a webhook, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: String,
    pub event: WebhookEvent,
    /// The webhook's url without its query, which may contain a secret.
    pub address: String,
    /// It was named with the task; otherwise it is one of the settings.
    pub is_own: bool,
    pub state: DeliveryState,
    pub created_at: Timestamp,
    /// When it is sent (again).
    pub next_at: Option<Timestamp>,
    /// The newest, oldest first; at most [`crate::limits::WEBHOOK_ATTEMPTS`].
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
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed, in words.
    pub error: Option<String>,
    /// How the answer began.
    pub answer: Option<String>,
}
