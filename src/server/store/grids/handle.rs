//! The store's functions for grids.

use std::collections::HashMap;

use proto::{
    ids::{GridId, TaskId},
    limits,
    task::Task,
};
use rusqlite::{OptionalExtension, Row, params};

use super::{
    model::{CellCount, CellKey, StoredCell, StoredCellState, StoredGrid},
    write::{add_cells, link},
};
use crate::store::{
    Store, StoreError,
    media::overlay_stored,
    time::{ms, time},
};

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// Stores a new grid with its cells, each as the JSON of its values. `Ok(false)`: there are [`limits::GRIDS`] already.
    pub async fn add_grid(&self, grid: StoredGrid, cells: Vec<String>) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            let count: i64 = transaction.query_row("SELECT count(*) FROM grids", [], |row| row.get(0))?;
            if count >= limits::GRIDS {
                return Ok(false);
            }
            transaction
                .prepare_cached("INSERT INTO grids (id, spec, paused, priority, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![grid.id.to_string(), grid.spec, grid.paused, grid.priority, ms(grid.created_at)])?;
            add_cells(transaction, grid.id, &cells)?;
            Ok(true)
        })
        .await
    }

    /// Replaces what a grid is, and adds cells. Those that it has already stay as they are. Returns whether there is such a grid.
    pub async fn change_grid(&self, grid: GridId, spec: String, cells: Vec<String>) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            let changed =
                transaction.prepare_cached("UPDATE grids SET spec = ?2 WHERE id = ?1")?.execute(params![grid.to_string(), spec])?;
            if changed > 0 {
                add_cells(transaction, grid, &cells)?;
            }
            Ok(changed > 0)
        })
        .await
    }

    pub async fn pause_grid(&self, grid: GridId, paused: bool) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.prepare_cached("UPDATE grids SET paused = ?2 WHERE id = ?1")?.execute(params![grid.to_string(), paused]).map(drop)
        })
        .await
    }

    /// Removes a grid. Its tasks stay. Returns whether there was one.
    pub async fn remove_grid(&self, grid: GridId) -> Result<bool, StoreError> {
        self.write(move |transaction| Ok(transaction.prepare_cached("DELETE FROM grids WHERE id = ?1")?.execute([grid.to_string()])? > 0))
            .await
    }

    /// These cells are to become tasks once more, each with fields that are set besides its values.
    pub async fn repeat_cells(&self, grid: GridId, cells: Vec<(u32, Vec<(String, String)>)>) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let mut statement = transaction.prepare_cached(
                "UPDATE grid_cells SET state = 'waiting', again = again + 1, task = NULL, message = NULL, more = ?3 WHERE grid = ?1 AND number = ?2",
            )?;
            for (number, more) in &cells {
                statement.execute(params![grid.to_string(), number, serde_json::to_string(more).unwrap_or_default()])?;
            }
            Ok(())
        })
        .await
    }

    /// Cells that did not become tasks yet never will.
    pub async fn cancel_cells(&self, grid: GridId) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction
                .prepare_cached("UPDATE grid_cells SET state = 'cancelled' WHERE grid = ?1 AND state = 'waiting'")?
                .execute([grid.to_string()])
                .map(drop)
        })
        .await
    }

    /// The cell could not become a task.
    pub async fn refuse_cell(&self, cell: CellKey, message: String) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction
                .prepare_cached("UPDATE grid_cells SET state = 'refused', task = NULL, message = ?3 WHERE grid = ?1 AND number = ?2")?
                .execute(params![cell.grid.to_string(), cell.number, message])
                .map(drop)
        })
        .await
    }

    /// The cell became this task in an earlier request.
    pub async fn link_cell(&self, cell: CellKey, task: TaskId) -> Result<(), StoreError> {
        self.write(move |transaction| link(transaction, cell, task)).await
    }

    /// The next cell that is to become a task, with its grid: of the oldest grid that is not paused.
    pub async fn next_cell(&self) -> Result<Option<(StoredGrid, StoredCell)>, StoreError> {
        self.reading(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT grids.id, spec, paused, priority, created_at, number, cell_values, state, again, more, task, message
                    FROM grid_cells JOIN grids ON grids.id = grid WHERE state = 'waiting' AND paused = 0 ORDER BY created_at, grids.id, number LIMIT 1",
            )?;
            let found = statement.query_row([], |row| Ok(read_grid(row)?.zip(read_cell(row, 5)?))).optional()?;
            Ok(found.flatten())
        })
        .await
    }

    /// A grid with its cells in the order in which they are submitted.
    pub async fn grid(&self, grid: GridId) -> Result<Option<(StoredGrid, Vec<StoredCell>)>, StoreError> {
        self.reading(move |connection| {
            let mut statement = connection.prepare_cached("SELECT id, spec, paused, priority, created_at FROM grids WHERE id = ?1")?;
            let Some(found) = statement.query_row([grid.to_string()], read_grid).optional()?.flatten() else { return Ok(None) };
            let mut statement = connection.prepare_cached(
                "SELECT number, cell_values, state, again, more, task, message FROM grid_cells WHERE grid = ?1 ORDER BY number",
            )?;
            let cells = statement
                .query_map([grid.to_string()], |row| read_cell(row, 0))?
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?;
            Ok(Some((found, cells)))
        })
        .await
    }

    /// All grids, the newest first, each with how many cells are in which state.
    pub async fn grids(&self) -> Result<Vec<(StoredGrid, Vec<CellCount>)>, StoreError> {
        self.reading(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT grid, grid_cells.state, tasks.state, count(*) FROM grid_cells LEFT JOIN tasks ON tasks.id = grid_cells.task GROUP BY 1, 2, 3",
            )?;
            let mut counts: HashMap<String, Vec<CellCount>> = HashMap::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let state: String = row.get(1)?;
                let count = CellCount { state: StoredCellState::parse(&state), task: row.get(2)?, cells: row.get(3)? };
                counts.entry(row.get(0)?).or_default().push(count);
            }
            let mut statement =
                connection.prepare_cached("SELECT id, spec, paused, priority, created_at FROM grids ORDER BY created_at DESC, id DESC")?;
            let grids = statement.query_map([], read_grid)?.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
            Ok(grids
                .into_iter()
                .map(|grid| {
                    let counts = counts.remove(&grid.id.to_string()).unwrap_or_default();
                    (grid, counts)
                })
                .collect())
        })
        .await
    }

    /// The tasks of a grid's cells as stored on disk. A task that cannot be read is left out.
    pub async fn grid_tasks(&self, grid: GridId) -> Result<Vec<Task>, StoreError> {
        self.reading(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT CAST(tasks.task AS BLOB) FROM grid_cells JOIN tasks ON tasks.id = grid_cells.task WHERE grid = ?1",
            )?;
            let mut rows = statement.query([grid.to_string()])?;
            let mut tasks = Vec::new();
            while let Some(row) = rows.next()? {
                let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                match serde_json::from_slice::<Task>(bytes) {
                    Ok(mut task) => {
                        overlay_stored(connection, &mut task)?;
                        tasks.push(task);
                    }
                    Err(error) => tracing::error!(%error, %grid, "the task of a cell cannot be read"),
                }
            }
            Ok(tasks)
        })
        .await
    }
}

/// `None`: the id was changed by hand, and is none.
fn read_grid(row: &Row) -> rusqlite::Result<Option<StoredGrid>> {
    let id: String = row.get(0)?;
    let Ok(id) = id.parse() else { return Ok(None) };
    Ok(Some(StoredGrid { id, spec: row.get(1)?, paused: row.get(2)?, priority: row.get(3)?, created_at: time(row, 4)? }))
}

/// `None`: its values were changed by hand, and are none.
fn read_cell(row: &Row, first: usize) -> rusqlite::Result<Option<StoredCell>> {
    let (values, state, more): (String, String, String) = (row.get(first + 1)?, row.get(first + 2)?, row.get(first + 4)?);
    let Ok(values) = serde_json::from_str(&values) else { return Ok(None) };
    let task: Option<String> = row.get(first + 5)?;
    Ok(Some(StoredCell {
        number: row.get(first)?,
        values,
        state: StoredCellState::parse(&state),
        again: row.get(first + 3)?,
        more: serde_json::from_str(&more).unwrap_or_default(),
        task: task.and_then(|task| task.parse().ok()),
        message: row.get(first + 6)?,
    }))
}
