//! The whole state that people see, at one point of the stream of changes.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::Task;
use crate::{
    ids::{BackendId, Epoch, PromptId, Resume, Seq, TaskId},
    limits,
    time::Timestamp,
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub epoch: Epoch,
    /// The last change in it.
    pub seq: Seq,
    /// When it was taken, by the server's clock.
    pub now: Timestamp,
    /// Oldest first; at most [`limits::SNAPSHOT_TASKS`] of them finished.
    pub tasks: Vec<Task>,
    pub backends: Vec<Backend>,
    /// No task is sent to a ComfyUI meanwhile.
    pub queue_paused: bool,
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
    pub queue: u64,
    /// Whether its HTTP API answers. `state` is about the socket.
    pub http: HttpState,
    /// Why it opens no socket, while it is polled for that.
    pub refused: Option<String>,
    /// Prompts wait there since then, and none is begun although none runs.
    pub stuck_since: Option<Timestamp>,
    /// When the socket is tried again.
    pub next_try: Option<Timestamp>,
    /// Of pings on the socket, microseconds: smoothed, and how much they vary.
    pub round_trip: Option<(u32, u32)>,
    /// Messages that could not be read, since Darkroom started.
    pub unreadable: u32,
    /// Other people's prompts there, in the order they will run; at most [`limits::FOREIGN`].
    pub foreign: Vec<Foreign>,
}

/// A prompt on a ComfyUI that is not Darkroom's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    pub prompt: PromptId,
    pub running: bool,
    /// When it was put there, where ComfyUI says.
    pub since: Option<Timestamp>,
}

/// Whether a ComfyUI's HTTP API works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpState {
    #[default]
    Up,
    /// It failed several times in a row. No request is made until `next_try`.
    Down { next_try: Timestamp },
}

/// The link to a ComfyUI, in the words of [`crate::link::LinkState`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr)]
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

/// What is wrong with a ComfyUI whose worker is dead.
const STUCK: &str = "it accepts prompts and starts none, although nothing runs: restart it";

impl Backend {
    /// A backend before the first contact.
    #[must_use]
    pub fn new(id: BackendId, demo: bool, since: Timestamp) -> Self {
        Self {
            id,
            demo,
            state: BackendState::Connecting,
            since,
            version: None,
            device: None,
            vram: None,
            queue: 0,
            http: HttpState::Up,
            refused: None,
            stuck_since: None,
            next_try: None,
            round_trip: None,
            unreadable: 0,
            foreign: Vec::new(),
        }
    }

    /// Prompts can be sent to it.
    #[must_use]
    pub fn takes_tasks(&self) -> bool {
        self.is_reachable() && self.stuck_since.is_none()
    }

    /// Updates about tasks arrive, and HTTP answers.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.state.is_reachable() && self.http == HttpState::Up
    }

    /// What is wrong with it, where waiting alone may not help. For people.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match &self.state {
            BackendState::Failed { why } => Some(why.clone()),
            _ => self.stuck_since.map(|_| STUCK.to_owned()),
        }
    }
}

impl BackendState {
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.into()
    }

    /// Updates about tasks arrive, live or by polling.
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

    /// The tasks that wait for a ComfyUI, in the order they will be sent.
    #[must_use]
    pub fn waiting(&self) -> Vec<&Task> {
        let mut waiting: Vec<&Task> = self.tasks.iter().filter(|task| task.is_waiting()).collect();
        waiting.sort_by_key(|task| task.place.key());
        waiting
    }

    /// Where a client that has this snapshot goes on.
    #[must_use]
    pub fn resume(&self) -> Resume {
        Resume { epoch: self.epoch, seq: self.seq }
    }

    /// What is sent to a page: unfinished tasks (of those that wait, the next ones) and the newest finished ones whole, the others as
    /// summaries. A task that is sent comes whole before.
    #[must_use]
    pub fn for_page(&self, now: Timestamp) -> Self {
        let newest_finished: Vec<TaskId> =
            self.tasks.iter().rev().filter(|task| task.state.is_final()).take(limits::DETAILED_FINISHED).map(|task| task.id).collect();
        let next: HashSet<TaskId> = self.waiting().into_iter().take(limits::DETAILED_WAITING).map(|task| task.id).collect();
        let task = |task: &Task| {
            let whole = match task.state {
                _ if task.is_waiting() => next.contains(&task.id),
                state => !state.is_final() || newest_finished.contains(&task.id),
            };
            if whole { task.clone() } else { task.summary() }
        };
        Self { now, tasks: self.tasks.iter().map(task).collect(), backends: self.backends.clone(), ..*self }
    }
}
