//! The types of stored webhooks.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use proto::{
    ids::TaskId,
    production::ProjectId,
    time::Timestamp,
    webhook::{AttemptOutcome, MessageEvent, ProductionWebhookEvent, WebhookEvents},
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
impl fmt::Debug for OwnWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnWebhook").field("host", &self.host).field("events", &self.events).finish_non_exhaustive()
    }
}

/// A webhook from the settings, which receives events of every task, and of productions.
#[derive(Clone)]
pub struct Subscriber {
    pub url: String,
    pub host: String,
    pub events: WebhookEvents,
    pub productions: Arc<BTreeSet<ProductionWebhookEvent>>,
    /// Of this project only; `None`: of all, and of agents that work for none.
    pub project: Option<ProjectId>,
}

impl Subscriber {
    /// Whether it receives this event of a project, or of no project.
    #[must_use]
    pub fn wants(&self, project: Option<ProjectId>, event: ProductionWebhookEvent) -> bool {
        self.productions.contains(&event) && (self.project.is_none() || self.project == project)
    }
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliverySubject {
    Task(TaskId),
    /// `None`: what an agent does that works for no project.
    Project(Option<ProjectId>),
}

impl DeliverySubject {
    #[must_use]
    pub fn task(self) -> Option<TaskId> {
        if let Self::Task(task) = self { Some(task) } else { None }
    }
}

impl fmt::Display for DeliverySubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(task) => write!(f, "task {task}"),
            Self::Project(Some(project)) => write!(f, "project {project}"),
            Self::Project(None) => f.write_str("no project"),
        }
    }
}

/// The receiver of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryTarget {
    pub subject: DeliverySubject,
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
    pub event: MessageEvent,
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
