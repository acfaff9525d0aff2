//! What is kept of webhooks, in memory's form.

use std::time::Duration;

use proto::{
    ids::TaskId,
    time::Timestamp,
    webhook::{Outcome, WebhookEvent, WebhookEvents},
};

use crate::config::Secret;

/// The webhook that was named with a task.
#[derive(Clone, PartialEq)]
pub struct OwnWebhook {
    /// Checked. There may be something secret in it.
    pub url: String,
    /// Host and port.
    pub host: String,
    pub events: WebhookEvents,
    /// Checked. `None`: Darkroom's own.
    pub secret: Option<Secret>,
    pub progress_every: Duration,
    /// The receiver wanted no more, then.
    pub disabled_at: Option<Timestamp>,
}

/// Not its address, nor its secret.
impl std::fmt::Debug for OwnWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnWebhook").field("host", &self.host).field("events", &self.events).finish_non_exhaustive()
    }
}

/// A webhook of the settings, which hears of every task.
#[derive(Clone)]
pub struct Subscriber {
    pub url: String,
    pub host: String,
    pub events: WebhookEvents,
}

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryTarget {
    pub task: TaskId,
    /// The webhook that was named with the task; otherwise the one of the settings with this address.
    pub is_own: bool,
    pub url: String,
    pub host: String,
}

/// A message whose time has come.
#[derive(Clone, Debug)]
pub struct Due {
    pub id: String,
    pub line: DeliveryTarget,
    pub event: WebhookEvent,
    /// Attempts of the schedule that were made.
    pub slot: u32,
    /// Somebody asked for it: no attempt of the schedule.
    pub by_hand: bool,
    /// What it says was written with the first attempt.
    pub has_body: bool,
}

/// An attempt that has its place.
pub struct Claimed {
    pub number: u32,
    pub body: String,
    /// Of a task's own webhook, if it has one.
    pub secret: Option<Secret>,
}

/// What came of an attempt.
#[derive(Clone)]
pub struct Attempted {
    pub outcome: Outcome,
    pub took_ms: u32,
    pub status: Option<u16>,
    pub error: Option<String>,
    pub answer: Option<String>,
}

/// What came of the wish to send a message again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    Done,
    Unknown,
    /// It is being sent.
    Sending,
    /// Its webhook is no longer in the settings.
    NoWebhook,
}

/// Who wants to hear of progress: whom, and how often.
pub type Listener = (DeliveryTarget, Duration);
