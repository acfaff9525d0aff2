//! A grid with the present state of its cells.

use std::collections::HashMap;

use proto::{
    grid::{GridCell, GridCellState, GridCounts, GridHead, GridSpec, GridView},
    ids::TaskId,
    task::{Task, TaskState},
};

use super::{
    error::GridError,
    library::{Grids, spec_of},
};
use crate::store::{CellCount, StoredCell, StoredCellState, StoredGrid};

impl Grids {
    pub(super) async fn view(&self, grid: &StoredGrid, cells: Vec<StoredCell>) -> Result<GridView, GridError> {
        let spec = spec_of(grid)?;
        let mut tasks = self.tasks(grid, &cells).await?;
        let cells: Vec<GridCell> = cells.into_iter().map(|cell| cell_of(cell, &mut tasks)).collect();
        let has_free_seed = self.new_seeds(spec.clone()).await.is_ok();
        Ok(GridView { head: head(grid, &spec, GridCounts::of(&cells)), has_free_seed, axes: spec.axes, cells })
    }

    /// The tasks of the cells, as they are now.
    pub(super) async fn tasks(&self, grid: &StoredGrid, cells: &[StoredCell]) -> Result<HashMap<TaskId, Task>, GridError> {
        let mut tasks: HashMap<TaskId, Task> =
            cells.iter().filter_map(|cell| self.tracker.task(cell.task?)).map(|task| (task.id, task)).collect();
        if cells.iter().any(|cell| cell.task.is_some_and(|task| !tasks.contains_key(&task))) {
            for task in self.store.grid_tasks(grid.id).await? {
                tasks.entry(task.id).or_insert(task);
            }
        }
        Ok(tasks)
    }

    /// For a list. `None`: what is stored of it cannot be read, which is logged.
    pub(super) fn head(grid: &StoredGrid, counts: &[CellCount]) -> Option<GridHead> {
        let spec = match spec_of(grid) {
            Ok(spec) => spec,
            Err(error) => {
                tracing::error!(%error, grid = %grid.id, "a grid on disk cannot be read");
                return None;
            }
        };
        let mut all = GridCounts::default();
        for count in counts {
            let place = match (count.state, count.task.as_deref()) {
                (StoredCellState::Waiting, _) | (StoredCellState::Submitted, Some("accepted" | "queued" | "running")) => {
                    &mut all.unfinished
                }
                (StoredCellState::Submitted, Some("completed")) => &mut all.completed,
                (StoredCellState::Refused, _) | (StoredCellState::Submitted, Some("failed")) => &mut all.failed,
                (StoredCellState::Cancelled | StoredCellState::Submitted, _) => &mut all.cancelled,
            };
            *place += count.cells;
        }
        Some(head(grid, &spec, all))
    }
}

fn head(grid: &StoredGrid, spec: &GridSpec, counts: GridCounts) -> GridHead {
    GridHead {
        id: grid.id,
        name: spec.name.clone(),
        axes: spec.axes.iter().map(|axis| (axis.label.clone(), u32::try_from(axis.values.len()).unwrap_or(u32::MAX))).collect(),
        paused: grid.paused,
        created_at: grid.created_at,
        counts,
    }
}

fn cell_of(cell: StoredCell, tasks: &mut HashMap<TaskId, Task>) -> GridCell {
    let task = cell.task.and_then(|task| tasks.remove(&task));
    let state = match (cell.state, &task) {
        (StoredCellState::Waiting, _) => GridCellState::Waiting,
        (StoredCellState::Refused, _) => GridCellState::Refused,
        (StoredCellState::Cancelled, _) => GridCellState::Cancelled,
        (StoredCellState::Submitted, None) => GridCellState::Removed,
        (StoredCellState::Submitted, Some(task)) => match task.state {
            TaskState::Accepted | TaskState::Queued => GridCellState::Queued,
            TaskState::Running => GridCellState::Running,
            TaskState::Completed => GridCellState::Completed,
            TaskState::Failed => GridCellState::Failed,
            TaskState::Cancelled => GridCellState::Cancelled,
        },
    };
    let error = task.as_ref().and_then(|task| task.error.as_ref()).map(|error| error.message.clone());
    GridCell {
        number: cell.number,
        values: cell.values,
        state,
        picture: task.as_ref().and_then(|task| task.pictures().next()).map(|output| output.id),
        task: task.map(|task| task.id),
        again: cell.again,
        message: cell.message.or(error),
    }
}
