//! The events that a webhook can subscribe to.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::{
    ids::TaskId,
    task::{Task, TaskState},
    time::Timestamp,
};

/// An event of a task that is sent to webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum WebhookEvent {
    /// The task was accepted.
    Queued,
    /// The task started: the first of its attempts.
    Started,
    /// Its progress changed. Only the newest is sent, once, no more often than the webhook allows.
    Progress,
    Completed,
    Failed,
    Cancelled,
}

impl WebhookEvent {
    pub const ALL: [Self; 6] = [Self::Queued, Self::Started, Self::Progress, Self::Completed, Self::Failed, Self::Cancelled];

    /// The name in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The event of a task that ended in this state.
    #[must_use]
    pub fn of_end(state: TaskState) -> Option<Self> {
        match state {
            TaskState::Completed => Some(Self::Completed),
            TaskState::Failed => Some(Self::Failed),
            TaskState::Cancelled => Some(Self::Cancelled),
            TaskState::Accepted | TaskState::Queued | TaskState::Running => None,
        }
    }

    /// Whether a task has ended with it.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The past events of a task, except `Queued`, and their times. Deterministic.
    pub fn of(task: &Task) -> impl Iterator<Item = (Self, Timestamp)> + use<> {
        let started = task.started_at.map(|at| (Self::Started, at));
        let end = Self::of_end(task.state).map(|event| (event, task.ended_at.unwrap_or(task.created_at)));
        started.into_iter().chain(end)
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookEvents(u8);

impl Default for WebhookEvents {
    /// The three final events.
    fn default() -> Self {
        [WebhookEvent::Completed, WebhookEvent::Failed, WebhookEvent::Cancelled].into_iter().collect()
    }
}

impl FromIterator<WebhookEvent> for WebhookEvents {
    fn from_iter<I: IntoIterator<Item = WebhookEvent>>(events: I) -> Self {
        Self(events.into_iter().fold(0, |bits, event| bits | event.bit()))
    }
}

impl WebhookEvents {
    #[must_use]
    pub fn contains(self, event: WebhookEvent) -> bool {
        self.0 & event.bit() != 0
    }

    pub fn iter(self) -> impl Iterator<Item = WebhookEvent> {
        WebhookEvent::ALL.into_iter().filter(move |event| self.contains(*event))
    }

    /// The stored form. The bits never change their meaning.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}

/// The id of a message, the same for all its attempts: `webhook-id`. `tag` distinguishes the webhooks of the settings, and messages of the
/// same event.
#[must_use]
pub fn message_id(task: TaskId, event: WebhookEvent, tag: &str) -> String {
    let separator = if tag.is_empty() { "" } else { "_" };
    format!("msg_{}_{}{separator}{tag}", task.0.simple(), event.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_back_from_the_database() {
        for bits in 0..64 {
            let events = WebhookEvents::from_bits(bits);
            assert_eq!(events.iter().collect::<WebhookEvents>().bits(), bits);
        }
        assert_eq!(WebhookEvents::default().iter().map(WebhookEvent::as_str).collect::<Vec<_>>(), ["completed", "failed", "cancelled"]);
        assert!(WebhookEvent::ALL.into_iter().all(|event| event.as_str().parse::<WebhookEvent>().ok() == Some(event)));
    }
}
