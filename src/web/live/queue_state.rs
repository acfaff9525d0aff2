//! Where a task that has not ended stands in the queue.

use proto::task::{Task, TaskState};

/// In the order of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueueState {
    Running,
    /// Sent to a ComfyUI, which has not started it.
    Sent,
    Waiting,
    /// Held back by a person.
    Paused,
}

impl QueueState {
    /// `None` when the task has ended.
    #[must_use]
    pub fn of(task: &Task) -> Option<Self> {
        match task.state {
            TaskState::Running => Some(Self::Running),
            state if state.is_final() => None,
            _ if !task.is_waiting() => Some(Self::Sent),
            _ if task.paused => Some(Self::Paused),
            _ => Some(Self::Waiting),
        }
    }

    /// The value of `data-state` in a row of the queue.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sent => "queued",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
        }
    }
}
