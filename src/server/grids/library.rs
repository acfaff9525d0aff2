//! All grids: made, changed, and removed.

use std::sync::Arc;

use proto::{
    grid::{GridAction, GridCellState, GridHead, GridPlan, GridProblem, GridSpec, GridView, check_grid},
    ids::{GridId, TaskId},
    limits,
    submit::FormOptions,
    wire::Command,
};
use tokio::sync::{Mutex, Notify, Semaphore};
use uuid::Uuid;

use super::{error::GridError, prepared::PreparedGrid};
use crate::{
    clock::now,
    command_error::CommandError,
    commands::Commands,
    media::MediaLibrary,
    pool::Pool,
    store::{Store, StoredCell, StoredCellState, StoredGrid},
    submissions::Submissions,
    task_archive::TaskArchive,
    tracker::Tracker,
};

pub struct Grids {
    pub(super) store: Store,
    pub(super) tracker: Arc<Tracker>,
    pub(super) pool: Arc<Pool>,
    pub(super) submissions: Arc<Submissions>,
    pub(super) archive: Arc<TaskArchive>,
    pub(super) media: Arc<MediaLibrary>,
    commands: Arc<Commands>,
    /// Signals that there may be cells to submit.
    pub(super) work: Notify,
    /// Held while a cell is submitted, and while what is to be submitted changes: so a cell that was cancelled does not become a task.
    pub(super) submitting: Mutex<()>,
    /// How many sheets are made at the same time.
    pub(super) sheets: Semaphore,
}

impl Grids {
    pub fn new(
        store: Store,
        tracker: Arc<Tracker>,
        pool: Arc<Pool>,
        submissions: Arc<Submissions>,
        archive: Arc<TaskArchive>,
        commands: Arc<Commands>,
        media: Arc<MediaLibrary>,
    ) -> Self {
        let (work, submitting, sheets) = (Notify::new(), Mutex::new(()), Semaphore::new(limits::GRID_SHEETS));
        Self { store, tracker, pool, submissions, archive, media, commands, work, submitting, sheets }
    }

    /// What a grid would be. Its problems are part of that.
    ///
    /// # Errors
    /// `File` or `Stopping`.
    pub async fn plan(&self, spec: GridSpec) -> Result<GridPlan, GridError> {
        Ok(self.prepare(spec).await?.plan())
    }

    /// Makes a grid. It is on disk with all its cells when this returns; then they are submitted.
    ///
    /// # Errors
    /// `Refused`, `Full`, `File`, `Store` or `Stopping`.
    pub async fn create(&self, spec: GridSpec, priority: i8) -> Result<GridView, GridError> {
        let prepared = self.prepare(spec).await?.accepted()?;
        let grid = StoredGrid { id: GridId(Uuid::now_v7()), spec: json_of(&prepared.spec)?, paused: false, priority, created_at: now() };
        let id = grid.id;
        if !self.store.add_grid(grid, cells_of(&prepared)?).await? {
            return Err(GridError::Full);
        }
        self.work.notify_one();
        self.get(id).await
    }

    /// All grids, the newest first.
    ///
    /// # Errors
    /// `Store`.
    pub async fn list(&self) -> Result<Vec<GridHead>, GridError> {
        // What was published a moment ago is to be found.
        let _ = self.store.flush().await;
        let grids = self.store.grids().await?;
        Ok(grids.iter().filter_map(|(grid, counts)| Self::head(grid, counts)).collect())
    }

    /// A grid with the present state of its cells.
    ///
    /// # Errors
    /// `Unknown`, `Damaged` or `Store`.
    pub async fn get(&self, id: GridId) -> Result<GridView, GridError> {
        let (grid, cells) = self.stored(id).await?;
        self.view(&grid, cells).await
    }

    pub(super) async fn stored(&self, id: GridId) -> Result<(StoredGrid, Vec<StoredCell>), GridError> {
        self.store.grid(id).await?.ok_or(GridError::Unknown)
    }

    /// Carries out what a person or a program does with a grid. Returns how it is afterwards; `None`: it was removed.
    ///
    /// # Errors
    /// See [`GridError`].
    pub async fn act(&self, id: GridId, action: GridAction) -> Result<Option<GridView>, GridError> {
        let _lock = self.submitting.lock().await;
        let (grid, cells) = self.stored(id).await?;
        match action {
            GridAction::Again { cell, new_seed } => {
                let cell = cells.iter().find(|known| known.number == cell).ok_or(GridError::UnknownCell)?;
                if !self.has_ended(cell).await {
                    return Err(GridError::NotEnded);
                }
                let more = if new_seed { self.new_seeds(spec_of(&grid)?).await? } else { cell.more.clone() };
                self.store.repeat_cells(id, vec![(cell.number, more)]).await?;
            }
            GridAction::FailedAgain => {
                let view = self.view(&grid, cells.clone()).await?;
                let failed = view.cells.iter().filter(|cell| cell.state.is_final() && cell.state != GridCellState::Completed);
                let more = |number: u32| cells.iter().find(|cell| cell.number == number).map(|cell| cell.more.clone()).unwrap_or_default();
                self.store.repeat_cells(id, failed.map(|cell| (cell.number, more(cell.number))).collect()).await?;
            }
            GridAction::Pause | GridAction::Resume => {
                let paused = action == GridAction::Pause;
                self.store.pause_grid(id, paused).await?;
                for task in cells.iter().filter_map(|cell| cell.task) {
                    // One that runs or has ended is not held back.
                    let _ = self.commands.run(Command::Pause { task, paused }).await;
                }
            }
            GridAction::CancelRest => {
                self.store.cancel_cells(id).await?;
                for task in self.unfinished(&cells) {
                    self.commands.cancel(task).await?;
                }
            }
            GridAction::Extend { axis, values } => {
                let mut spec = spec_of(&grid)?;
                let extended = spec
                    .axes
                    .get_mut(usize::from(axis))
                    .ok_or_else(|| GridError::Refused(vec![GridProblem::of_grid(format!("This grid has no axis {axis}."))]))?;
                extended.values.extend(values);
                let prepared = self.prepare(spec).await?.accepted()?;
                self.store.change_grid(id, json_of(&prepared.spec)?, cells_of(&prepared)?).await?;
            }
            GridAction::Rename { name } => {
                let spec = GridSpec { name: name.trim().to_owned(), ..spec_of(&grid)? };
                let problems = check_grid(&spec, &FormOptions::default());
                if !problems.is_empty() {
                    return Err(GridError::Refused(problems));
                }
                self.store.change_grid(id, json_of(&spec)?, Vec::new()).await?;
            }
            GridAction::Remove => {
                self.store.remove_grid(id).await?;
                return Ok(None);
            }
        }
        self.work.notify_one();
        Ok(Some(self.get(id).await?))
    }

    /// Removes a grid with the tasks of its cells, and their kept files that no other task has.
    ///
    /// # Errors
    /// `Unfinished`, `Unknown` or `Store`.
    pub async fn remove_with_tasks(&self, id: GridId) -> Result<(), GridError> {
        let _lock = self.submitting.lock().await;
        let (grid, cells) = self.stored(id).await?;
        if self.view(&grid, cells.clone()).await?.head.counts.unfinished > 0 {
            return Err(GridError::Unfinished);
        }
        for task in cells.iter().filter_map(|cell| cell.task) {
            match self.archive.remove(task).await {
                Ok(_) | Err(CommandError::UnknownTask) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.store.remove_grid(id).await?;
        Ok(())
    }

    fn unfinished(&self, cells: &[StoredCell]) -> Vec<TaskId> {
        let is_unfinished = |task: &TaskId| self.tracker.task(*task).is_some_and(|task| !task.state.is_final());
        cells.iter().filter_map(|cell| cell.task).filter(is_unfinished).collect()
    }

    async fn has_ended(&self, cell: &StoredCell) -> bool {
        match (cell.state, cell.task) {
            (StoredCellState::Waiting, _) => false,
            (StoredCellState::Submitted, Some(task)) => self.archive.task(task).await.is_none_or(|task| task.state.is_final()),
            _ => true,
        }
    }
}

pub(super) fn spec_of(grid: &StoredGrid) -> Result<GridSpec, GridError> {
    serde_json::from_str(&grid.spec).map_err(|_| GridError::Damaged)
}

fn json_of(spec: &GridSpec) -> Result<String, GridError> {
    serde_json::to_string(spec).map_err(|_| GridError::Damaged)
}

/// The values of the cells as the store keeps them.
fn cells_of(prepared: &PreparedGrid) -> Result<Vec<String>, GridError> {
    prepared.cells.iter().map(|values| serde_json::to_string(values).map_err(|_| GridError::Damaged)).collect()
}
