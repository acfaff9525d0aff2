//! The whole state that people see, at one point of the stream of changes.

use serde::{Deserialize, Serialize};

use super::{Change, Numbered, Task, apply};
use crate::proto::{
    ids::{BackendId, Epoch, Seq, TaskId},
    limits,
    time::Timestamp,
    wire::Resume,
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub epoch: Epoch,
    /// The last change in it.
    pub seq: Seq,
    /// When it was taken, by the server's clock.
    pub now: Timestamp,
    /// Oldest first; at most [`limits::SNAPSHOT_TASKS`].
    pub tasks: Vec<Task>,
    pub backends: Vec<Backend>,
}

/// A configured ComfyUI, as people see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backend {
    pub id: BackendId,
    /// It is the built-in demo engine.
    pub demo: bool,
    pub state: BackendState,
    pub since: Timestamp,
    /// Such as "0.8.0".
    pub version: Option<String>,
    pub device: Option<String>,
    /// Bytes, free and in all.
    pub vram: Option<(u64, u64)>,
    /// Prompts running or waiting there, everyone's.
    #[serde(default)]
    pub queue: u64,
}

/// The link to a ComfyUI, in the words of [`crate::proto::link::LinkState`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendState {
    Connecting,
    Connected,
    Reconnecting { attempt: u32 },
    Polling,
    Suspended,
    Disconnected,
    Failed { why: String },
}

impl BackendState {
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Connecting => "Connecting",
            Self::Connected => "Connected",
            Self::Reconnecting { .. } => "Reconnecting",
            Self::Polling => "Polling",
            Self::Suspended => "Suspended",
            Self::Disconnected => "Disconnected",
            Self::Failed { .. } => "Failed",
        }
    }

    /// Prompts can be sent to it.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        matches!(self, Self::Connected | Self::Polling)
    }
}

impl Snapshot {
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }

    pub(super) fn task_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        // The task that something happens to is nearly always among the newest.
        self.tasks.iter_mut().rev().find(|task| task.id == id)
    }

    #[must_use]
    pub fn backend(&self, id: &BackendId) -> Option<&Backend> {
        self.backends.iter().find(|backend| backend.id == *id)
    }

    /// Carries out a change, once: one that is already in the snapshot is passed over. Says whether anything may have changed.
    pub fn apply(&mut self, numbered: &Numbered) -> bool {
        if numbered.seq <= self.seq {
            return false;
        }
        self.seq = numbered.seq;
        apply::apply(self, &numbered.change);
        true
    }

    /// Tells the seq that the next change would have, and carries it out under it. For the owner of the state.
    pub fn push(&mut self, change: Change) -> Numbered {
        let numbered = Numbered { seq: self.seq.next(), change };
        self.apply(&numbered);
        numbered
    }

    /// Where a client that has this snapshot goes on.
    #[must_use]
    pub fn resume(&self) -> Resume {
        Resume { epoch: self.epoch, seq: self.seq }
    }

    /// What is sent to a page: unfinished tasks and the newest finished ones whole, the others as summaries.
    #[must_use]
    pub fn for_page(&self, now: Timestamp) -> Self {
        let newest_finished: Vec<TaskId> =
            self.tasks.iter().rev().filter(|task| task.state.is_final()).take(limits::DETAILED_FINISHED).map(|task| task.id).collect();
        let task = |task: &Task| {
            if !task.state.is_final() || newest_finished.contains(&task.id) { task.clone() } else { task.summary() }
        };
        Self { epoch: self.epoch, seq: self.seq, now, tasks: self.tasks.iter().map(task).collect(), backends: self.backends.clone() }
    }
}
