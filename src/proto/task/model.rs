//! The state of one task, and its outputs.

use super::super::{
    comfy::{Catalog, Workflow},
    edit::{OutsideCheck, StartLine},
    ids::{BackendId, NodeId, TaskId},
    limits,
    prompts::TaskPrompts,
    recipe::TextToImage,
    time::Timestamp,
};
use super::durations::Durations;
use super::error::TaskError;
use super::node::{Node, NodeState};
use super::plan::Plan;
use super::storage::OutputStorage;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// A run of a workflow, from its acceptance on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub name: String,
    pub state: TaskState,
    /// Starts at 1. Incremented when a backend lost the task and it is sent again.
    pub attempt: u32,
    /// Earlier attempts, oldest first; at most [`limits::ATTEMPTS`].
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// The ComfyUI it is assigned to. While `accepted`, it may or may not have arrived there: Darkroom checks that before it sends it again.
    pub backend: Option<BackendId>,
    /// Its position among waiting tasks.
    #[serde(default)]
    pub place: QueueKey,
    /// Held back by a person.
    #[serde(default)]
    pub paused: bool,
    /// A person cancelled it, and the cancel has not reached its ComfyUI yet.
    #[serde(default)]
    pub cancelling: bool,
    /// The expected start of a waiting task. `None` while unknown.
    pub starts_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Why it waits, as text. `None` if the state is reason enough.
    pub note: Option<String>,
    /// Approximately in order of execution. Empty in a summary (`detailed` is false).
    pub nodes: Vec<Node>,
    pub detailed: bool,
    /// Progress of the whole task, 0 to 1000. Never decreases; 1000 only when the task is completed.
    pub permille: u16,
    /// The expected end. `None` until it can be estimated.
    pub ends_at: Option<Timestamp>,
    /// The true end is expected at most this much before or after `ends_at`, in milliseconds.
    #[serde(default)]
    pub within_ms: Option<u32>,
    /// The duration of recent similar runs, including their cache hits, in milliseconds. `None` before the first.
    #[serde(default)]
    pub usual_ms: Option<u32>,
    pub outputs: Vec<Output>,
    pub error: Option<TaskError>,
    /// How ComfyUI ended the run, until its outputs are read and the task is final.
    pub verdict: Option<Verdict>,
    /// The input of the built-in form, if the task came from it or is an edit that samples. Of an edit, width and height are those of its result.
    pub recipe: Option<TextToImage>,
    /// The picture that an edit started from. `None`: it is no edit.
    #[serde(default)]
    pub start: Option<StartLine>,
    /// Its texts that were made from templates. `None`: there are none.
    #[serde(default)]
    pub prompts: Option<TaskPrompts>,
}

/// How the note of a waiting task begins when no ComfyUI takes it because something is wrong with the ComfyUIs, or they lack what it needs.
pub const NO_BACKEND: &str = "No ComfyUI takes this now";
/// How the note of a task begins that waits in the queue of a ComfyUI that starts nothing.
pub const NOT_STARTED: &str = "This waits where nothing is started";

/// The position of a waiting task: higher priority first, then lower order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueKey {
    /// 0 is normal.
    pub priority: i8,
    /// With gaps, so that another fits in between.
    pub order: u64,
}

impl QueueKey {
    /// The sort key.
    #[must_use]
    pub fn key(self) -> (Reverse<i8>, u64) {
        (Reverse(self.priority), self.order)
    }
}

/// An abandoned attempt: the task was sent again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub number: u32,
    pub backend: Option<BackendId>,
    /// `None`: it never started there.
    pub started_at: Option<Timestamp>,
    pub ended_at: Timestamp,
    /// Why it was followed by another, as text.
    pub why: String,
}

/// `accepted → queued → running → completed | failed | cancelled`. The last three are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Stored by Darkroom, not yet in a ComfyUI's queue.
    Accepted,
    /// In a ComfyUI's queue.
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
}

impl TaskState {
    /// In a ComfyUI's queue, or running there.
    #[must_use]
    pub fn is_handed_over(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// It started: it is running or final.
    #[must_use]
    pub fn has_begun(self) -> bool {
        !matches!(self, Self::Accepted | Self::Queued)
    }

    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// How a run ended, according to ComfyUI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Success,
    Error,
    Interrupted,
}

/// An output of a node. `id` is its index in the task, used in URLs, so that no file name is ever taken from a browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    pub id: u32,
    pub node: NodeId,
    pub kind: OutputKind,
    /// Files in `output` are permanent; files in `temp` are deleted when ComfyUI restarts.
    #[serde(default)]
    pub temporary: bool,
    pub content: OutputContent,
    /// Whether Darkroom has a copy.
    #[serde(default)]
    pub storage: OutputStorage,
    /// Of a picture of which only a part was painted new: whether the rest stayed as it was. `None`: not such a picture, or not compared yet.
    #[serde(default)]
    pub outside: Option<OutsideCheck>,
}

/// The media type of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    Image,
    Video,
    Audio,
    Text,
    File,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputContent {
    /// A file at ComfyUI: the parameters of `/view`.
    File {
        filename: String,
        subfolder: String,
        folder: String,
    },
    Text {
        text: String,
    },
}

impl OutputContent {
    /// A file that a node wrote outside ComfyUI's folders: an absolute path, or one that leads out (fact 64).
    #[must_use]
    pub fn is_outside(&self) -> bool {
        let Self::File { subfolder, .. } = self else { return false };
        let has_drive = matches!(subfolder.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        has_drive || subfolder.starts_with(['/', '\\']) || subfolder.split(['/', '\\']).any(|part| part == "..")
    }

    /// Its folders and name, as ComfyUI writes them; empty for a text.
    #[must_use]
    pub fn path(&self) -> String {
        let Self::File { filename, subfolder, .. } = self else { return String::new() };
        let separator = if subfolder.contains('\\') { '\\' } else { '/' };
        if subfolder.is_empty() { filename.clone() } else { format!("{}{separator}{filename}", subfolder.trim_end_matches(separator)) }
    }
}

impl Task {
    /// A newly accepted task: all nodes waiting, in order of execution, with their titles.
    #[must_use]
    pub fn new(id: TaskId, name: &str, workflow: &Workflow, catalog: &Catalog, durations: &Durations, now: Timestamp) -> Self {
        let node = |id: NodeId| {
            let node = workflow.0.get(&id)?;
            let class = node.class_type();
            let title = node
                .title()
                .map(str::to_owned)
                .or_else(|| catalog.class(class).map(|class| class.display_name.clone()))
                .unwrap_or_else(|| class.to_owned());
            Some(Node {
                id,
                title,
                state: NodeState::Waiting,
                value: 0,
                max: 0,
                counted: false,
                started_at: None,
                ended_at: None,
                expected_ms: 0,
                slow_ms: None,
                class: class.to_owned(),
            })
        };
        let mut task = Self {
            id,
            name: name.chars().take(limits::NAME).collect(),
            state: TaskState::Accepted,
            attempt: 1,
            attempts: Vec::new(),
            backend: None,
            place: QueueKey::default(),
            paused: false,
            cancelling: false,
            starts_at: None,
            created_at: now,
            started_at: None,
            ended_at: None,
            note: None,
            nodes: workflow.order().into_iter().filter_map(node).collect(),
            detailed: true,
            permille: 0,
            ends_at: None,
            within_ms: None,
            usual_ms: None,
            outputs: Vec::new(),
            error: None,
            verdict: None,
            recipe: None,
            start: None,
            prompts: None,
        };
        task.expect(&Plan::new(workflow), durations);
        task
    }

    /// Sets the expected durations: those of its backend, or of any backend while it has none.
    pub(crate) fn expect(&mut self, plan: &Plan, durations: &Durations) {
        for node in &mut self.nodes {
            let expected = durations.expected(self.backend.as_ref(), plan.shape(), &node.class, plan.work(&node.id));
            (node.expected_ms, node.slow_ms) = (expected.ms, expected.slow_ms);
        }
        self.usual_ms = durations.expected_run(self.backend.as_ref(), plan).map(|expected| expected.ms);
    }

    /// Expected duration of the whole run from its start, in milliseconds.
    #[must_use]
    pub fn expected_ms(&self) -> u64 {
        let nodes = || self.nodes.iter().filter(|node| node.state != NodeState::Cached).map(|node| u64::from(node.expected_ms)).sum();
        self.usual_ms.map_or_else(nodes, u64::from)
    }

    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == *id)
    }

    pub(crate) fn node_mut(&mut self, id: &NodeId) -> Option<&mut Node> {
        self.nodes.iter_mut().find(|node| node.id == *id)
    }

    /// Whether it is assigned to this ComfyUI: in its queue, or being sent.
    #[must_use]
    pub fn is_at(&self, backend: &BackendId) -> bool {
        self.backend.as_ref() == Some(backend)
    }

    /// Whether it is in Darkroom's own queue, assigned to no ComfyUI.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state == TaskState::Accepted && self.backend.is_none()
    }

    /// The node to show for the task: a running one, preferably with progress.
    #[must_use]
    pub fn current_node(&self) -> Option<&Node> {
        let running = || self.nodes.iter().filter(|node| node.state == NodeState::Running);
        running().find(|node| node.has_bar()).or_else(|| running().next_back())
    }

    /// The images to show as the result: permanent ones, or temporary ones if there are no others.
    pub fn pictures(&self) -> impl Iterator<Item = &Output> {
        let stays = self.outputs.iter().any(|output| output.kind == OutputKind::Image && !output.temporary);
        self.outputs.iter().filter(move |output| output.kind == OutputKind::Image && output.temporary != stays)
    }

    /// The task without its nodes, for lists.
    #[must_use]
    pub fn summary(&self) -> Self {
        let mut summary = Self { nodes: Vec::new(), detailed: false, ..self.clone() };
        if let Some(error) = &mut summary.error {
            error.traceback.clear();
        }
        summary
    }
}
