//! Grids and their cells. A cell becomes a task in the transaction that stores the task, so that after a crash it is either to be submitted, or has its task.

mod handle;
mod model;
mod write;

pub use self::model::{CellCount, CellKey, StoredCell, StoredCellState, StoredGrid};
pub(super) use self::write::link;
