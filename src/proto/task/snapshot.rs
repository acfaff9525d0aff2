//! The whole displayed state at one sequence number.

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
    /// The last change that it contains.
    pub seq: Seq,
    /// When it was created, by the server's clock.
    pub now: Timestamp,
    /// Oldest first; at most [`limits::SNAPSHOT_TASKS`] of them finished.
    pub tasks: Vec<Task>,
    pub backends: Vec<Backend>,
    /// While true, no task is sent to a ComfyUI.
    pub queue_paused: bool,
}

/// The displayed state of a configured ComfyUI.
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
    /// Bytes: free and total.
    pub vram: Option<(u64, u64)>,
    /// Prompts of all clients running or waiting there.
    pub queue: u64,
    /// Whether its HTTP API answers. `state` is about the socket.
    pub http: HttpState,
    /// Why it opens no socket, while it is polled for that reason.
    pub refused: Option<String>,
    /// Since when prompts wait there and none starts, although none runs.
    pub stuck_since: Option<Timestamp>,
    /// When the socket reconnects.
    pub next_try: Option<Timestamp>,
    /// Round-trip time of pings on the socket: smoothed value and variation, in microseconds.
    pub round_trip: Option<(u32, u32)>,
    /// Messages that could not be decoded since Darkroom started.
    pub unreadable: u32,
    /// Prompts of other clients there, in the order of execution; at most [`limits::FOREIGN`].
    pub foreign: Vec<Foreign>,
}

/// A prompt of another client on a ComfyUI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    pub prompt: PromptId,
    pub running: bool,
    /// When it was submitted, if ComfyUI provides that.
    pub since: Option<Timestamp>,
}

/// The state of a ComfyUI's HTTP API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpState {
    #[default]
    Up,
    /// Several consecutive requests failed. No request is sent before `next_try`.
    Down { next_try: Timestamp },
}

/// The state of the link to a ComfyUI; see [`crate::link::LinkState`].
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

    /// Whether it differs from what it was only in counts: its queue and its memory change with every prompt.
    #[must_use]
    pub fn differs_in_counts_only(&self, before: &Self) -> bool {
        let Self {
            id,
            demo,
            state,
            since,
            version,
            device,
            http,
            refused,
            stuck_since,
            next_try,
            vram: _,
            queue: _,
            round_trip: _,
            unreadable: _,
            foreign: _,
        } = self;
        (id, demo, state, since, version, device)
            == (&before.id, &before.demo, &before.state, &before.since, &before.version, &before.device)
            && (http, refused, stuck_since, next_try) == (&before.http, &before.refused, &before.stuck_since, &before.next_try)
    }

    /// Whether prompts can be sent to it.
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

    /// Whether updates about tasks arrive, live or by polling.
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
        // Most changes are about one of the newest tasks.
        self.tasks.iter_mut().rev().find(|task| task.id == id)
    }

    #[must_use]
    pub fn backend(&self, id: &BackendId) -> Option<&Backend> {
        self.backends.iter().find(|backend| backend.id == *id)
    }

    /// The tasks waiting for a ComfyUI, in the order of sending.
    #[must_use]
    pub fn waiting(&self) -> Vec<&Task> {
        let mut waiting: Vec<&Task> = self.tasks.iter().filter(|task| task.is_waiting()).collect();
        waiting.sort_by_key(|task| task.place.key());
        waiting
    }

    /// The position from which a client with this snapshot resumes.
    #[must_use]
    pub fn resume(&self) -> Resume {
        Resume { epoch: self.epoch, seq: self.seq }
    }

    /// The snapshot sent to a page that follows these tasks: they in full, and what concerns everyone.
    #[must_use]
    pub fn of_tasks(&self, tasks: &[TaskId], now: Timestamp) -> Self {
        let tasks = self.tasks.iter().filter(|task| tasks.contains(&task.id)).cloned().collect();
        Self { now, tasks, backends: self.backends.clone(), ..*self }
    }

    /// The snapshot sent to a page: unfinished tasks (of the waiting ones only the next) and the newest finished ones in full, the others as
    /// summaries. Before a waiting task is sent to a ComfyUI, it is sent to pages in full.
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
