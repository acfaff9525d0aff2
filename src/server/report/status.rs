//! The state of a task, as the API shows it.

use proto::task::TaskState;
use serde::Serialize;
use utoipa::ToSchema;

/// The status of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Status)]
pub enum TaskStatus {
    /// It waits, here or in a ComfyUI's queue.
    Queued,
    InProgress,
    Completed,
    /// It failed.
    Error,
    Cancelled,
}

impl TaskStatus {
    pub const ALL: [Self; 5] = [Self::Queued, Self::InProgress, Self::Completed, Self::Error, Self::Cancelled];

    #[must_use]
    pub fn of(state: TaskState) -> Self {
        match state {
            TaskState::Accepted | TaskState::Queued => Self::Queued,
            TaskState::Running => Self::InProgress,
            TaskState::Completed => Self::Completed,
            TaskState::Failed => Self::Error,
            TaskState::Cancelled => Self::Cancelled,
        }
    }

    /// The internal states with this status.
    #[must_use]
    pub fn states(self) -> &'static [TaskState] {
        match self {
            Self::Queued => &[TaskState::Accepted, TaskState::Queued],
            Self::InProgress => &[TaskState::Running],
            Self::Completed => &[TaskState::Completed],
            Self::Error => &[TaskState::Failed],
            Self::Cancelled => &[TaskState::Cancelled],
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}
