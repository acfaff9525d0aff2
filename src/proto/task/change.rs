//! The changes of the state. Each is small, and absolute ("node 3 is at 7 of 20", not "one more step"): therefore idempotent.

use serde::{Deserialize, Serialize};

use super::{Backend, Output, OutputStorage, QueueKey, Task, TaskError, TaskState, Verdict};
use crate::{
    edit::OutsideCheck,
    ids::{BackendId, NodeId, Seq, TaskId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    TaskAdded(Box<Task>),
    /// The task was deleted.
    TaskRemoved {
        task: TaskId,
    },
    /// The ComfyUI that is to run it; `None` when any may.
    TaskAssigned {
        task: TaskId,
        backend: Option<BackendId>,
    },
    /// It is in a ComfyUI's queue.
    TaskQueued {
        task: TaskId,
        backend: BackendId,
    },
    /// It is in no ComfyUI's queue; with the reason.
    TaskWaiting {
        task: TaskId,
        note: Option<String>,
    },
    /// The next attempt starts, because the backend lost the task or is lost itself. Any backend may get it.
    TaskRestarted {
        task: TaskId,
        attempt: u32,
        note: String,
        at: Timestamp,
    },
    /// Recalled from a ComfyUI's queue before it started. Any backend may get it.
    TaskRecalled {
        task: TaskId,
    },
    TaskPlaced {
        task: TaskId,
        place: QueueKey,
    },
    TaskPaused {
        task: TaskId,
        paused: bool,
    },
    /// A cancel was requested. It is sent as soon as its ComfyUI can be reached.
    TaskCancelling {
        task: TaskId,
    },
    /// The expected start of a waiting task.
    TaskStartsAt {
        task: TaskId,
        at: Option<Timestamp>,
    },
    TaskStarted {
        task: TaskId,
        at: Timestamp,
    },
    TaskProgress {
        task: TaskId,
        permille: u16,
        ends_at: Option<Timestamp>,
        within_ms: Option<u32>,
    },
    NodesCached {
        task: TaskId,
        nodes: Vec<NodeId>,
    },
    NodeStarted {
        task: TaskId,
        node: NodeId,
        at: Timestamp,
    },
    NodeProgress {
        task: TaskId,
        node: NodeId,
        value: u32,
        max: u32,
        counted: bool,
    },
    NodeDone {
        task: TaskId,
        node: NodeId,
        at: Timestamp,
    },
    OutputsAdded {
        task: TaskId,
        outputs: Vec<Output>,
    },
    /// A node failed. The run may continue, if an execution blocker follows (fact 27).
    ErrorSeen {
        task: TaskId,
        error: Box<TaskError>,
        at: Timestamp,
    },
    VerdictSeen {
        task: TaskId,
        verdict: Verdict,
    },
    /// The task ended. `state` is final; `error` is the reason of a failure.
    TaskEnded {
        task: TaskId,
        state: TaskState,
        at: Timestamp,
        error: Option<Box<TaskError>>,
    },
    BackendChanged(Box<Backend>),
    /// No task is sent while the queue is paused.
    QueuePaused {
        paused: bool,
    },
    /// New expected durations: of the whole run, and `expected_ms` and `slow_ms` of each node, in order.
    TaskExpected {
        task: TaskId,
        usual_ms: Option<u32>,
        nodes: Vec<(u32, Option<u32>)>,
    },
    /// Whether Darkroom has a copy of this output now. Also of a task that has ended; not of another attempt.
    OutputStored {
        task: TaskId,
        attempt: u32,
        output: u32,
        storage: OutputStorage,
    },
    /// A picture of which only a part was painted new was compared with its source. Also of a task that has ended; not of another attempt.
    OutputChecked {
        task: TaskId,
        attempt: u32,
        output: u32,
        outside: OutsideCheck,
    },
}

/// A change and its sequence number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    pub seq: Seq,
    pub change: Change,
}

/// A newer change supersedes older ones with the same key: only the newest needs to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MergeKey {
    Task(TaskId),
    StartsAt(TaskId),
    Node(TaskId, NodeId),
    Backend(BackendId),
    Output(TaskId, u32),
}

impl Change {
    #[must_use]
    pub fn cancelled(task: TaskId, at: Timestamp) -> Self {
        Self::TaskEnded { task, state: TaskState::Cancelled, at, error: None }
    }

    #[must_use]
    pub fn failed(task: TaskId, error: TaskError, at: Timestamp) -> Self {
        Self::TaskEnded { task, state: TaskState::Failed, at, error: Some(Box::new(error)) }
    }

    #[must_use]
    pub fn merge_key(&self) -> Option<MergeKey> {
        match self {
            Self::TaskProgress { task, .. } => Some(MergeKey::Task(*task)),
            Self::TaskStartsAt { task, .. } => Some(MergeKey::StartsAt(*task)),
            Self::NodeProgress { task, node, .. } => Some(MergeKey::Node(*task, node.clone())),
            Self::BackendChanged(backend) => Some(MergeKey::Backend(backend.id.clone())),
            Self::OutputStored { task, output, .. } => Some(MergeKey::Output(*task, *output)),
            _ => None,
        }
    }

    /// The name of its kind, for the event log.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TaskAdded(_) => "task_added",
            Self::TaskRemoved { .. } => "task_removed",
            Self::TaskAssigned { .. } => "task_assigned",
            Self::TaskQueued { .. } => "task_queued",
            Self::TaskWaiting { .. } => "task_waiting",
            Self::TaskRestarted { .. } => "task_restarted",
            Self::TaskRecalled { .. } => "task_recalled",
            Self::TaskPlaced { .. } => "task_placed",
            Self::TaskPaused { .. } => "task_paused",
            Self::TaskCancelling { .. } => "task_cancelling",
            Self::TaskStartsAt { .. } => "task_starts_at",
            Self::TaskStarted { .. } => "task_started",
            Self::TaskProgress { .. } => "task_progress",
            Self::NodesCached { .. } => "nodes_cached",
            Self::NodeStarted { .. } => "node_started",
            Self::NodeProgress { .. } => "node_progress",
            Self::NodeDone { .. } => "node_done",
            Self::OutputsAdded { .. } => "outputs_added",
            Self::ErrorSeen { .. } => "error_seen",
            Self::VerdictSeen { .. } => "verdict_seen",
            Self::TaskEnded { .. } => "task_ended",
            Self::BackendChanged(_) => "backend_changed",
            Self::QueuePaused { .. } => "queue_paused",
            Self::TaskExpected { .. } => "task_expected",
            Self::OutputStored { .. } => "output_stored",
            Self::OutputChecked { .. } => "output_checked",
        }
    }

    /// The task it changes, if it changes one task.
    #[must_use]
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Self::TaskAdded(task) => Some(task.id),
            Self::TaskRemoved { task }
            | Self::TaskAssigned { task, .. }
            | Self::TaskQueued { task, .. }
            | Self::TaskWaiting { task, .. }
            | Self::TaskRestarted { task, .. }
            | Self::TaskRecalled { task }
            | Self::TaskPlaced { task, .. }
            | Self::TaskPaused { task, .. }
            | Self::TaskCancelling { task }
            | Self::TaskStartsAt { task, .. }
            | Self::TaskStarted { task, .. }
            | Self::TaskProgress { task, .. }
            | Self::NodesCached { task, .. }
            | Self::NodeStarted { task, .. }
            | Self::NodeProgress { task, .. }
            | Self::NodeDone { task, .. }
            | Self::OutputsAdded { task, .. }
            | Self::ErrorSeen { task, .. }
            | Self::VerdictSeen { task, .. }
            | Self::TaskEnded { task, .. }
            | Self::TaskExpected { task, .. }
            | Self::OutputStored { task, .. }
            | Self::OutputChecked { task, .. } => Some(*task),
            Self::BackendChanged(_) | Self::QueuePaused { .. } => None,
        }
    }

    /// Whether it is stored with the task: true for changes of a task's state, false for progress of its nodes. Where outputs are is stored separately.
    #[must_use]
    pub fn is_lifecycle(&self) -> bool {
        !self.is_progress()
            && !matches!(
                self,
                Self::NodesCached { .. }
                    | Self::NodeStarted { .. }
                    | Self::NodeDone { .. }
                    | Self::TaskExpected { .. }
                    | Self::OutputStored { .. }
                    | Self::OutputChecked { .. }
            )
    }

    /// Whether it is about an output of a task, and so also of one that has ended.
    #[must_use]
    pub fn is_of_output(&self) -> bool {
        matches!(self, Self::OutputStored { .. } | Self::OutputChecked { .. })
    }

    /// Whether it is only progress, which may wait for the next tick. State changes are sent at once.
    #[must_use]
    pub fn is_progress(&self) -> bool {
        matches!(self, Self::TaskProgress { .. } | Self::NodeProgress { .. } | Self::TaskStartsAt { .. })
    }
}
