//! A grid for pages.

use serde::{Deserialize, Serialize};

use super::{GridAxis, GridProblem};
use crate::{
    ids::{GridId, TaskId},
    time::Timestamp,
};

/// A grid in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridHead {
    pub id: GridId,
    pub name: String,
    /// Label and number of values of each axis.
    pub axes: Vec<(String, u32)>,
    pub paused: bool,
    pub created_at: Timestamp,
    pub counts: GridCounts,
}

/// How many cells are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridCounts {
    pub completed: u32,
    /// Failed, or refused before they became a task.
    pub failed: u32,
    pub cancelled: u32,
    /// Running, in the queue, or to be submitted.
    pub unfinished: u32,
}

impl GridCounts {
    #[must_use]
    pub fn of(cells: &[GridCell]) -> Self {
        let count = |is: fn(GridCellState) -> bool| u32::try_from(cells.iter().filter(|cell| is(cell.state)).count()).unwrap_or(u32::MAX);
        Self {
            completed: count(|state| state == GridCellState::Completed),
            failed: count(GridCellState::has_failed),
            cancelled: count(|state| matches!(state, GridCellState::Cancelled | GridCellState::Removed)),
            unfinished: count(|state| !state.is_final()),
        }
    }

    #[must_use]
    pub fn all(&self) -> u32 {
        self.completed + self.failed + self.cancelled + self.unfinished
    }
}

/// A grid with its cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridView {
    pub head: GridHead,
    pub axes: Vec<GridAxis>,
    /// A cell can be made again with another seed: none is on an axis.
    pub has_free_seed: bool,
    /// In the order in which they are submitted.
    pub cells: Vec<GridCell>,
}

/// A combination of values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridCell {
    /// Names it within its grid, and never changes.
    pub number: u32,
    /// One of each axis.
    pub values: Vec<String>,
    pub state: GridCellState,
    /// Its newest task.
    pub task: Option<TaskId>,
    /// How often it was made again.
    pub again: u32,
    /// The number of its first picture among the outputs of the task.
    pub picture: Option<u32>,
    /// Why it failed or was refused.
    pub message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum GridCellState {
    /// It is to become a task.
    Waiting,
    /// Its task waits.
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
    /// It could not become a task.
    Refused,
    /// Its task was removed.
    Removed,
}

impl GridCellState {
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Waiting | Self::Queued | Self::Running)
    }

    #[must_use]
    pub fn has_failed(self) -> bool {
        matches!(self, Self::Failed | Self::Refused)
    }
}

/// What a grid would be, before it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridPlan {
    pub cells: u32,
    /// How often a ComfyUI loads other models, at most.
    pub model_changes: u32,
    /// How long all of it usually takes on one ComfyUI, milliseconds. `None`: nothing like it was run yet.
    pub expected_ms: Option<u64>,
    /// The values of the cells in the order in which they are submitted.
    pub order: Vec<Vec<String>>,
    /// Why it cannot be made.
    pub problems: Vec<GridProblem>,
}

/// What a person does with a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GridAction {
    /// One cell again.
    Again {
        cell: u32,
        new_seed: bool,
    },
    /// All cells that failed, were refused or cancelled, or whose task was removed.
    FailedAgain,
    Pause,
    Resume,
    /// Cancels what has not ended.
    CancelRest,
    /// More values of an axis.
    Extend {
        axis: u16,
        values: Vec<String>,
    },
    Rename {
        name: String,
    },
    /// The grid only: its tasks stay.
    Remove,
}
