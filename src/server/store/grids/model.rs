//! The rows about grids.

use proto::{
    ids::{GridId, TaskId},
    time::Timestamp,
};

/// A cell: its grid, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellKey {
    pub grid: GridId,
    pub number: u32,
}

/// A grid as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredGrid {
    pub id: GridId,
    /// A [`proto::grid::GridSpec`] as JSON.
    pub spec: String,
    /// Its cells are not submitted for now.
    pub paused: bool,
    /// Of its tasks.
    pub priority: i8,
    pub created_at: Timestamp,
}

/// A cell as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCell {
    pub number: u32,
    /// One value of each axis.
    pub values: Vec<String>,
    pub state: StoredCellState,
    /// How often it was made again.
    pub again: u32,
    /// Fields that are set besides its values: name and text.
    pub more: Vec<(String, String)>,
    pub task: Option<TaskId>,
    /// Why it was refused.
    pub message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredCellState {
    /// It is to become a task.
    Waiting,
    /// It became a task, which may have been removed.
    Submitted,
    /// It could not become a task.
    Refused,
    /// A person cancelled it before it became a task.
    Cancelled,
}

impl StoredCellState {
    /// The value stored on disk. Never changes.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Submitted => "submitted",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) fn parse(word: &str) -> Self {
        match word {
            "waiting" => Self::Waiting,
            "refused" => Self::Refused,
            "cancelled" => Self::Cancelled,
            _ => Self::Submitted,
        }
    }
}

/// How many cells of a grid there are in one state of the cell and of its task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellCount {
    pub state: StoredCellState,
    /// The word of the task's state. `None`: it has none, or it was removed.
    pub task: Option<String>,
    pub cells: u32,
}
