//! Writes about cells that are part of other transactions.

use proto::ids::{GridId, TaskId};
use rusqlite::{Transaction, params};

use super::model::{CellKey, StoredCellState};

/// The cell became this task. In the transaction that stores the task.
pub(in crate::store) fn link(transaction: &Transaction, cell: CellKey, task: TaskId) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE grid_cells SET state = 'submitted', task = ?3, message = NULL WHERE grid = ?1 AND number = ?2")?
        .execute(params![cell.grid.to_string(), cell.number, task.to_string()])
        .map(drop)
}

pub(super) fn add_cells(transaction: &Transaction, grid: GridId, cells: &[String]) -> rusqlite::Result<()> {
    let id = grid.to_string();
    let mut next: i64 =
        transaction.query_row("SELECT COALESCE(MAX(number) + 1, 0) FROM grid_cells WHERE grid = ?1", [&id], |row| row.get(0))?;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO grid_cells (grid, number, cell_values, state, again, more) VALUES (?1, ?2, ?3, ?4, 0, '[]') ON CONFLICT (grid, cell_values) DO NOTHING",
    )?;
    for values in cells {
        let added = statement.execute(params![id, next, values, StoredCellState::Waiting.word()])?;
        next += i64::from(added > 0);
    }
    Ok(())
}
