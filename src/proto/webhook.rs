//! What programs are told without asking: which events there are, when a message that did not arrive is sent again, and what is shown of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    ids::TaskId,
    limits,
    task::{Task, TaskState},
    time::Timestamp,
};

macro_rules! words {
    ($kind:ident: $($variant:ident = $word:literal),* $(,)?) => {
        impl $kind {
            /// The word on disk, and in the API.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

/// Something that happens to a task, and that a webhook can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum WebhookEvent {
    /// It was accepted.
    Queued,
    /// It began to run. Of several attempts, the first.
    Started,
    /// It goes on. The newest, once, no more often than the webhook wants.
    Progress,
    Completed,
    Failed,
    Cancelled,
}

words!(WebhookEvent: Queued = "queued", Started = "started", Progress = "progress", Completed = "completed", Failed = "failed", Cancelled = "cancelled");

impl WebhookEvent {
    pub const ALL: [Self; 6] = [Self::Queued, Self::Started, Self::Progress, Self::Completed, Self::Failed, Self::Cancelled];

    /// Of a task that ended so.
    #[must_use]
    pub fn of_end(state: TaskState) -> Option<Self> {
        match state {
            TaskState::Completed => Some(Self::Completed),
            TaskState::Failed => Some(Self::Failed),
            TaskState::Cancelled => Some(Self::Cancelled),
            TaskState::Accepted | TaskState::Queued | TaskState::Running => None,
        }
    }

    /// What there is to tell of a task as it is, besides that it was accepted, and when that happened. The same task always gives the same.
    pub fn of(task: &Task) -> impl Iterator<Item = (Self, Timestamp)> + use<> {
        let started = task.started_at.map(|at| (Self::Started, at));
        let end = Self::of_end(task.state).map(|event| (event, task.ended_at.unwrap_or(task.created_at)));
        started.into_iter().chain(end)
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Some of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookEvents(u8);

impl Default for WebhookEvents {
    /// The ends.
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

    /// For the disk: never changes.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}

/// The pauses before each further attempt, after the one at once: those that Standard Webhooks recommends. Seconds.
pub const RETRIES: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// A pause is longer by up to this, so that what failed together does not come again together. Percent.
const JITTER: u32 = 20;

/// How long to wait after the attempt `slot`, which counts from 0. `None`: that was the last. `jitter`: a random number from 0 to 1000.
#[must_use]
pub fn pause(retries: &[Duration], slot: u32, jitter: u16) -> Option<Duration> {
    let pause = retries.get(slot as usize)?;
    Some(*pause + *pause * JITTER * u32::from(jitter.min(1000)) / 100_000)
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// To be tried again; not before then when the receiver asked for that.
    Again {
        not_before: Option<Timestamp>,
    },
    /// The receiver wants no more of this (410).
    Gone,
}

impl Outcome {
    /// `status` of the answer, if there was one; `retry_after` as it was asked for.
    #[must_use]
    pub fn of(status: Option<u16>, retry_after: Option<Duration>, now: Timestamp) -> Self {
        match status {
            Some(200..=299) => Self::Delivered,
            Some(410) => Self::Gone,
            Some(429 | 503) => Self::Again { not_before: retry_after.map(|wait| now.plus(wait.min(limits::WEBHOOK_RETRY_AFTER))) },
            _ => Self::Again { not_before: None },
        }
    }
}

/// The id of a message, which stays the same over all its attempts: `webhook-id`. `tag` tells the webhooks of the settings apart, and messages of the
/// same event.
#[must_use]
pub fn message_id(task: TaskId, event: WebhookEvent, tag: &str) -> String {
    let separator = if tag.is_empty() { "" } else { "_" };
    format!("msg_{}_{}{separator}{tag}", task.0.simple(), event.as_str())
}

/// How a message to a webhook does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// To be sent, or to be sent again.
    Waiting,
    /// An attempt is under way.
    Sending,
    Delivered,
    /// All attempts failed.
    Failed,
    /// It is not sent: the receiver wants no more (410), or the webhook is no longer in the settings.
    Disabled,
}

words!(DeliveryState: Waiting = "waiting", Sending = "sending", Delivered = "delivered", Failed = "failed", Disabled = "disabled");

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AttemptState {
    Sending,
    Delivered,
    Failed,
    /// Darkroom ended meanwhile: what came of it is not known.
    Interrupted,
}

words!(AttemptState: Sending = "sending", Delivered = "delivered", Failed = "failed", Interrupted = "interrupted");

/// A message to a webhook, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: String,
    pub event: WebhookEvent,
    /// The webhook's address without what may be secret in it.
    pub address: String,
    /// It was named with the task; otherwise it is one of the settings.
    pub is_own: bool,
    pub state: DeliveryState,
    pub created_at: Timestamp,
    /// When it is sent (again).
    pub next_at: Option<Timestamp>,
    /// The newest, oldest first; at most [`limits::WEBHOOK_ATTEMPTS`].
    pub attempts: Vec<DeliveryAttempt>,
}

/// One attempt to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryAttempt {
    /// Counts from 1.
    pub number: u32,
    pub state: AttemptState,
    /// Somebody asked for it; otherwise its time had come.
    pub by_hand: bool,
    pub at: Timestamp,
    /// Milliseconds.
    pub took_ms: Option<u32>,
    /// Of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed, in words.
    pub error: Option<String>,
    /// How the answer began.
    pub answer: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_that_of_standard_webhooks_and_jitter_only_makes_it_later() {
        let retries = RETRIES.map(Duration::from_secs);
        let minutes = |jitter| -> Vec<u64> { (0..).map_while(|slot| pause(&retries, slot, jitter)).map(|pause| pause.as_secs()).collect() };
        assert_eq!(minutes(0), [5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600]);
        assert_eq!(minutes(500), [5, 330, 1980, 7920, 19_800, 39_600, 55_440, 79_200, 95_040]);
        assert_eq!(minutes(1000), minutes(u16::MAX));
        assert_eq!(pause(&retries, 0, 1000), Some(Duration::from_secs(6)));
        assert_eq!(pause(&retries, 9, 0), None);
    }

    #[test]
    fn only_2xx_is_success_and_only_410_is_the_end() {
        let now = Timestamp(1_000);
        let of = |status, wait: Option<u64>| Outcome::of(status, wait.map(Duration::from_secs), now);
        assert!([200, 202, 204, 299].into_iter().all(|status| of(Some(status), None) == Outcome::Delivered));
        assert_eq!(of(Some(410), Some(9)), Outcome::Gone);
        let again = Outcome::Again { not_before: None };
        for status in [100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503, 999] {
            assert_eq!(of(Some(status), None), again, "{status}");
        }
        assert_eq!(of(None, None), again);
        // Who is not overloaded has no say in it.
        assert_eq!(of(Some(500), Some(60)), again);
        for status in [429, 503] {
            assert_eq!(of(Some(status), Some(60)), Outcome::Again { not_before: Some(Timestamp(61_000)) });
            assert_eq!(of(Some(status), Some(u64::MAX)), Outcome::Again { not_before: Some(Timestamp(86_401_000)) });
        }
    }

    #[test]
    fn events_survive_the_disk() {
        for bits in 0..64 {
            let events = WebhookEvents::from_bits(bits);
            assert_eq!(events.iter().collect::<WebhookEvents>().bits(), bits);
        }
        assert_eq!(WebhookEvents::default().iter().map(WebhookEvent::as_str).collect::<Vec<_>>(), ["completed", "failed", "cancelled"]);
        assert!(WebhookEvent::ALL.into_iter().all(|event| WebhookEvent::parse(event.as_str()) == Some(event)));
    }
}
