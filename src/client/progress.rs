//! What is told while a workflow runs.

use serde::Serialize;

use super::tracked::now;
use proto::{
    ids::{NodeId, TaskId},
    task::{Task, TaskState, task_words},
};

/// What happened, in the order in which it did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// A file is at the server, and this input names it.
    Uploaded { node: NodeId, input: String, name: String },
    /// How news of the run come has changed.
    Connection(Connection),
    /// It was taken in. `ahead`: others that come before it, where that is known. Said again when it changes, and when a ComfyUI forgot the
    /// run and has it again.
    Queued { task: TaskId, ahead: Option<usize> },
    /// It runs, and has moved.
    Running(Running),
    /// Something to know that is no failure, in words.
    Note(String),
}

/// How news of the run come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The WebSocket, or the stream of events, is being opened.
    Connecting,
    /// Over a WebSocket, or, from a Darkroom, as server-sent events.
    Live,
    /// It was lost, or could not be opened (again), and is tried again. The run goes on meanwhile. `was_live`: it was open before.
    Reconnecting { was_live: bool },
    /// The server said that it restarts, or ended the stream of events in order: it is tried again.
    Restarting,
    /// The server is asked over HTTP, once a second. The WebSocket, or the stream, is tried on, unless it was refused for good.
    Polling { why: String },
}

/// Where a run is.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub task: TaskId,
    /// 1, and one more each time it had to begin anew because a ComfyUI forgot it.
    pub attempt: u32,
    /// Of the whole run, 0 to 1000. Never falls within an attempt.
    pub permille: u16,
    /// What is being done, for people: "Sampling image, step 7 of 20".
    pub words: String,
    /// The node that runs. `None` between nodes, and while a ComfyUI has no WebSocket to tell it.
    pub node: Option<RunningNode>,
    /// Milliseconds. `None` until it can be said honestly.
    pub time_left_ms: Option<u64>,
    /// The true time left is expected within ± this, in milliseconds.
    pub within_ms: Option<u32>,
}

/// The node that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunningNode {
    pub id: NodeId,
    /// What people call it.
    pub title: String,
    pub class: String,
    /// Its own bar, `value` of `max`; 0 of 0 while it has none. Where ComfyUI gives fractions, in thousandths.
    pub value: u32,
    pub max: u32,
}

/// Tells whoever wants to know, once.
pub(super) struct Reporter<F> {
    tell: F,
    told: Option<Progress>,
    /// Nobody tells which node runs: what was known of it is old.
    pub(super) blind: bool,
}

const BLIND: &str = "Running; ComfyUI tells no steps over HTTP";

impl<F: FnMut(Progress)> Reporter<F> {
    pub(super) fn new(tell: F) -> Self {
        Self { tell, told: None, blind: false }
    }

    pub(super) fn tell(&mut self, progress: Progress) {
        (self.tell)(progress);
    }

    /// It was taken in; not to be told again.
    pub(super) fn queued(&mut self, task: TaskId) {
        let queued = Progress::Queued { task, ahead: None };
        self.told = Some(queued.clone());
        self.tell(queued);
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.tell(Progress::Note(text.into()));
    }

    /// Tells where the task is, if that is news. `ahead`: what comes before it in the queue.
    pub(super) fn task(&mut self, task: &Task, ahead: Option<usize>) {
        let progress = match task.state {
            TaskState::Queued => Progress::Queued { task: task.id, ahead },
            TaskState::Running if self.blind => {
                let words = BLIND.to_owned();
                Progress::Running(Running { words, node: None, time_left_ms: None, within_ms: None, ..running(task) })
            }
            TaskState::Running => Progress::Running(running(task)),
            // Before it was taken in there is nothing to say, and the end is the answer.
            _ => return,
        };
        self.if_new(progress);
    }

    /// Reports where the run is, unless that was reported already.
    pub(super) fn if_new(&mut self, progress: Progress) {
        if self.told.as_ref().is_none_or(|told| is_news(told, &progress)) {
            self.told = Some(progress.clone());
            self.tell(progress);
        }
    }
}

/// The time left is told with whatever else has changed, and when it is other than was told by this much.
const OTHER_END_MS: u64 = 1_500;

fn is_news(told: &Progress, new: &Progress) -> bool {
    let (Progress::Running(told), Progress::Running(new)) = (told, new) else { return told != new };
    let other_end = match (told.time_left_ms, new.time_left_ms) {
        (Some(told), Some(new)) => told.abs_diff(new) >= OTHER_END_MS,
        (told, new) => told.is_some() != new.is_some(),
    };
    other_end
        || Running { time_left_ms: None, within_ms: None, ..told.clone() } != Running { time_left_ms: None, within_ms: None, ..new.clone() }
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
