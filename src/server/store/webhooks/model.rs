//! The types of stored webhooks.

use std::time::Duration;

use proto::{
    ids::TaskId,
    time::Timestamp,
    webhook::{AttemptOutcome, WebhookEvent, WebhookEvents},
};

use crate::config::Secret;

/// The webhook given with a task.
#[derive(Clone, PartialEq)]
pub struct OwnWebhook {
    /// Validated. May contain a secret.
    pub url: String,
    /// Host and port.
    pub host: String,
    pub events: WebhookEvents,
    /// Validated. `None`: use Darkroom's own secret.
    pub secret: Option<Secret>,
    pub progress_every: Duration,
    /// When the receiver answered 410.
    pub disabled_at: Option<Timestamp>,
}

/// Hides the address and the secret.
impl std::fmt::Debug for OwnWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnWebhook").field("host", &self.host).field("events", &self.events).finish_non_exhaustive()
    }
}

/// A webhook from the settings, which receives events of every task.
#[derive(Clone)]
pub struct Subscriber {
    pub url: String,
    pub host: String,
    pub events: WebhookEvents,
}

/// The receiver of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryTarget {
    pub task: TaskId,
    /// The webhook given with the task; otherwise the one from the settings with this address.
    pub is_own: bool,
    pub url: String,
    pub host: String,
}

/// A message that is due.
#[derive(Clone, Debug)]
pub struct Due {
    pub id: String,
    pub target: DeliveryTarget,
    pub event: WebhookEvent,
    /// Scheduled attempts made so far.
    pub slot: u32,
    /// A requested replay, not a scheduled attempt.
    pub by_hand: bool,
    /// The body was stored with the first attempt.
    pub has_body: bool,
}

/// An attempt that is recorded in the schedule.
pub struct Claimed {
    pub number: u32,
    pub body: String,
    /// The secret of a task's own webhook, if any.
    pub secret: Option<Secret>,
}

/// The result of an attempt.
#[derive(Clone)]
pub struct Attempted {
    pub outcome: AttemptOutcome,
    pub took_ms: u32,
    pub status: Option<u16>,
    pub error: Option<String>,
    pub answer: Option<String>,
}

/// The result of a replay request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    Done,
    Unknown,
    /// The message is being sent.
    Sending,
    /// The webhook is no longer in the settings.
    NoWebhook,
}

/// The receivers of progress messages and their intervals.
pub type Listener = (DeliveryTarget, Duration);
