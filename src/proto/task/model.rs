//! The state of one task, its nodes and outputs.

use super::super::{
    comfy::{Catalog, Workflow},
    ids::{BackendId, NodeId, TaskId},
    limits,
    recipe::TextToImage,
    time::Timestamp,
};
use super::durations::Durations;
use super::plan::Plan;
use super::problem::Problem;
use super::storage::OutputStorage;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use strum::IntoStaticStr;

/// One generation, from the moment it was accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub name: String,
    pub state: TaskState,
    /// 1, and one more each time a backend forgot the task and it was sent again.
    pub attempt: u32,
    /// The attempts before this one, oldest first; at most [`limits::ATTEMPTS`].
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// The ComfyUI it belongs to. While `accepted` it may have been sent there or not: that ComfyUI is asked before it is sent again.
    pub backend: Option<BackendId>,
    /// Its place among those that wait.
    #[serde(default)]
    pub place: QueueKey,
    /// Held back by a person.
    #[serde(default)]
    pub paused: bool,
    /// A person cancelled it, and the cancel has not reached its ComfyUI yet.
    #[serde(default)]
    pub cancelling: bool,
    /// When it will probably begin to run, while it waits. `None` until that can be said.
    pub starts_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Why it waits, or what it waits for, in words; `None` when the state says it all.
    pub note: Option<String>,
    /// In order of execution, near enough. Empty when only a summary is here (`detailed` is false).
    pub nodes: Vec<Node>,
    pub detailed: bool,
    /// How far the whole task is, 0 to 1000. Never falls, and is 1000 only when the task is completed.
    pub permille: u16,
    /// When it will probably be done. `None` until that can be said honestly.
    pub ends_at: Option<Timestamp>,
    /// The true end is expected at most this much before or after `ends_at`, in milliseconds.
    #[serde(default)]
    pub within_ms: Option<u32>,
    /// Milliseconds that runs like it took lately, from start to end, with what was cached. `None` before there was one.
    #[serde(default)]
    pub usual_ms: Option<u32>,
    pub outputs: Vec<Output>,
    pub error: Option<TaskError>,
    /// How ComfyUI ended the run, until its outputs are read and the task is final.
    pub verdict: Option<Verdict>,
    /// What was asked for, when it was the built-in form.
    pub recipe: Option<TextToImage>,
}

/// The position of a waiting task: higher priority first, then lower order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueKey {
    /// 0 is normal.
    pub priority: i8,
    /// Spaced out, so that another fits in between.
    pub order: u64,
}

impl QueueKey {
    /// What to sort by.
    #[must_use]
    pub fn key(self) -> (Reverse<i8>, u64) {
        (Reverse(self.priority), self.order)
    }
}

/// An attempt that was given up: the task was sent again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub number: u32,
    pub backend: Option<BackendId>,
    /// `None`: it only waited there.
    pub started_at: Option<Timestamp>,
    pub ended_at: Timestamp,
    /// Why there was another, in words.
    pub why: String,
}

/// `accepted → queued → running → completed | failed | cancelled`. The last three are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Kept by Darkroom, not yet at a ComfyUI.
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

    /// It runs, or is over.
    #[must_use]
    pub fn has_begun(self) -> bool {
        !matches!(self, Self::Accepted | Self::Queued)
    }

    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// How ComfyUI said the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Success,
    Error,
    Interrupted,
}

/// A node of the task's workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    pub class: String,
    /// What people call it: its `_meta.title`, else the class's display name, else the class.
    pub title: String,
    pub state: NodeState,
    /// Its own bar, `value` of `max`. `max` is 0 while it has none.
    pub value: u32,
    pub max: u32,
    /// The bar counts steps. False where ComfyUI gave fractions, which are told in thousandths.
    pub counted: bool,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Milliseconds it is expected to take, from what its class took before: its share of the whole task's bar.
    pub expected_ms: u32,
    /// Milliseconds it takes when it takes long, as when a model is read from disk. `None` while `expected_ms` is only a guess.
    #[serde(default)]
    pub slow_ms: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum NodeState {
    Waiting,
    Cached,
    Running,
    Done,
    Failed,
}

impl NodeState {
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Cached | Self::Done)
    }

    /// The value of `data-state` on the pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Node {
    /// It shows a bar of its own. ComfyUI starts every node with a bar of 1, which says nothing (fact 16).
    #[must_use]
    pub fn has_bar(&self) -> bool {
        self.max > 1
    }

    /// "Step 7 of 20", where it counts steps.
    #[must_use]
    pub fn step(&self) -> Option<(u32, u32)> {
        (self.has_bar() && self.counted).then_some((self.value, self.max))
    }

    /// How full its own bar is, 0 to 1000.
    #[must_use]
    pub fn permille(&self) -> u16 {
        let share = u64::from(self.value) * 1000 / u64::from(self.max.max(1));
        u16::try_from(share.min(1000)).unwrap_or(1000)
    }
}

/// Something a node put out. `id` is its position in the task and names it in urls; file names never come from the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    pub id: u32,
    pub node: NodeId,
    pub kind: OutputKind,
    /// `output` files stay, `temp` files are gone when ComfyUI restarts.
    #[serde(default)]
    pub temporary: bool,
    pub content: OutputContent,
    /// Whether Darkroom has a copy.
    #[serde(default)]
    pub storage: OutputStorage,
}

/// What kind of thing an output is.
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
    /// A file of ComfyUI's, as `/view` wants it.
    File {
        filename: String,
        subfolder: String,
        folder: String,
    },
    Text {
        text: String,
    },
}

/// Why a task failed, or a branch of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskError {
    /// One sentence for people.
    pub message: String,
    pub node: Option<NodeId>,
    /// The node's class, as ComfyUI names it.
    pub class: Option<String>,
    /// Such as `torch.OutOfMemoryError`.
    pub exception: Option<String>,
    pub traceback: Vec<String>,
    /// What ComfyUI's validation found, before it ran anything.
    pub problems: Vec<Problem>,
}

impl TaskError {
    #[must_use]
    pub fn plain(message: impl Into<String>) -> Self {
        Self { message: message.into(), node: None, class: None, exception: None, traceback: Vec::new(), problems: Vec::new() }
    }
}

impl Task {
    /// A task that was just accepted: all nodes waiting, in order of execution, with their titles.
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
        };
        task.expect(&Plan::new(workflow), durations);
        task
    }

    /// Sets the expected durations: those of its backend, or of all while it has none.
    pub(crate) fn expect(&mut self, plan: &Plan, durations: &Durations) {
        for node in &mut self.nodes {
            let expected = durations.expected(self.backend.as_ref(), plan.shape(), &node.class, plan.work(&node.id));
            (node.expected_ms, node.slow_ms) = (expected.ms, expected.slow_ms);
        }
        self.usual_ms = durations.expected_run(self.backend.as_ref(), plan).map(|expected| expected.ms);
    }

    /// Milliseconds the whole run will probably take once it has started.
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

    /// It belongs to this ComfyUI: there, or on the way there.
    #[must_use]
    pub fn is_at(&self, backend: &BackendId) -> bool {
        self.backend.as_ref() == Some(backend)
    }

    /// In Darkroom's own queue: any ComfyUI may get it.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state == TaskState::Accepted && self.backend.is_none()
    }

    /// The node to name when one is to be named: a running one with a bar before one without.
    #[must_use]
    pub fn current_node(&self) -> Option<&Node> {
        let running = || self.nodes.iter().filter(|node| node.state == NodeState::Running);
        running().find(|node| node.has_bar()).or_else(|| running().next_back())
    }

    /// Pictures that stay, else those that do not: what to show as the result.
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
