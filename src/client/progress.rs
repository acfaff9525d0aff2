//! Progress reports of a running workflow.

use serde::Serialize;

use super::tracked::now;
use proto::{
    ids::{NodeId, TaskId},
    task::{Task, TaskState, task_words},
};

/// A progress event; events arrive in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// The file is uploaded, and this input names it.
    Uploaded { node: NodeId, input: String, name: String },
    /// The connection state changed.
    Connection(Connection),
    /// The server accepted the run. `ahead`: runs queued before it, where known. Repeated when `ahead` changes, and when a ComfyUI lost
    /// the run and accepted it again.
    Queued { task: TaskId, ahead: Option<usize> },
    /// The run made progress.
    Running(Running),
    /// A warning for people; no failure.
    Note(String),
}

/// How updates of the run arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The WebSocket or event stream is being opened.
    Connecting,
    /// Over a WebSocket or, from a Darkroom, as server-sent events.
    Live,
    /// The connection was lost or could not be opened, and is retried. The run continues meanwhile. `was_live`: it was open before.
    Reconnecting { was_live: bool },
    /// The server announced a restart or ended the event stream cleanly: the connection is retried.
    Restarting,
    /// The server is polled over HTTP, once a second. The WebSocket or event stream is retried unless it was refused permanently.
    Polling { why: String },
}

/// The progress of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub task: TaskId,
    /// Starts at 1; increases each time the run restarts because a ComfyUI forgot it.
    pub attempt: u32,
    /// Of the whole run, 0 to 1000. Never falls within an attempt.
    pub permille: u16,
    /// The current activity, for people: "Sampling image, step 7 of 20".
    pub words: String,
    /// The running node. `None` between nodes, and while a ComfyUI has no WebSocket to report it.
    pub node: Option<RunningNode>,
    /// Milliseconds. `None` until an estimate is possible.
    pub time_left_ms: Option<u64>,
    /// The actual time left is expected within ± this, in milliseconds.
    pub within_ms: Option<u32>,
}

/// The running node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunningNode {
    pub id: NodeId,
    /// The node's title.
    pub title: String,
    pub class: String,
    /// The node's own bar, `value` of `max`; 0 of 0 without one. In thousandths where ComfyUI sends fractions.
    pub value: u32,
    pub max: u32,
}

/// Calls the progress callback, once for each change.
pub(super) struct Reporter<F> {
    callback: F,
    reported: Option<Progress>,
    /// No connection reports which node runs: the last known node is outdated.
    pub(super) blind: bool,
}

const BLIND: &str = "Running; ComfyUI tells no steps over HTTP";

impl<F: FnMut(Progress)> Reporter<F> {
    pub(super) fn new(callback: F) -> Self {
        Self { callback, reported: None, blind: false }
    }

    pub(super) fn report(&mut self, progress: Progress) {
        (self.callback)(progress);
    }

    /// The run was accepted; do not report it again.
    pub(super) fn queued(&mut self, task: TaskId) {
        let queued = Progress::Queued { task, ahead: None };
        self.reported = Some(queued.clone());
        self.report(queued);
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.report(Progress::Note(text.into()));
    }

    /// Reports the task's position, if it changed. `ahead`: tasks before it in the queue.
    pub(super) fn task(&mut self, task: &Task, ahead: Option<usize>) {
        let progress = match task.state {
            TaskState::Queued => Progress::Queued { task: task.id, ahead },
            TaskState::Running if self.blind => {
                let words = BLIND.to_owned();
                Progress::Running(Running { words, node: None, time_left_ms: None, within_ms: None, ..running(task) })
            }
            TaskState::Running => Progress::Running(running(task)),
            // Nothing to report before it is accepted; the end is the return value.
            _ => return,
        };
        self.if_new(progress);
    }

    /// Reports the run's progress unless it was reported already.
    pub(super) fn if_new(&mut self, progress: Progress) {
        if self.reported.as_ref().is_none_or(|reported| is_news(reported, &progress)) {
            self.reported = Some(progress.clone());
            self.report(progress);
        }
    }
}

/// The time left is reported with any other change, and when it differs from the last report by this much.
const OTHER_END_MS: u64 = 1_500;

fn is_news(reported: &Progress, new: &Progress) -> bool {
    let (Progress::Running(reported), Progress::Running(new)) = (reported, new) else { return reported != new };
    let other_end = match (reported.time_left_ms, new.time_left_ms) {
        (Some(reported), Some(new)) => reported.abs_diff(new) >= OTHER_END_MS,
        (reported, new) => reported.is_some() != new.is_some(),
    };
    other_end
        || Running { time_left_ms: None, within_ms: None, ..reported.clone() }
            != Running { time_left_ms: None, within_ms: None, ..new.clone() }
}

fn running(task: &Task) -> Running {
    let node = task.current_node().map(|node| RunningNode {
        id: node.id.clone(),
        title: node.title.clone(),
        class: node.class.clone(),
        value: node.value,
        max: if node.has_bar() { node.max } else { 0 },
    });
    Running {
        task: task.id,
        attempt: task.attempt,
        permille: task.permille,
        words: task_words(task),
        node,
        time_left_ms: task.ends_at.map(|ends_at| ends_at.since(now())),
        within_ms: task.within_ms,
    }
}
