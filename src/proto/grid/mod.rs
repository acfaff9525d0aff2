//! Grids: the same submission with some of its fields set to every combination of the values of one to three axes. Each combination is a cell, and each
//! cell is an ordinary task.

mod cells;
mod check;
mod decimal;
mod model;
mod order;
#[cfg(test)]
mod tests;
mod values;
mod view;

pub use cells::GRID_MODEL_FIELDS;
pub use check::check_grid;
pub use model::{GridAxis, GridProblem, GridSpec, GridValueKind};
pub use order::{AxisWeight, order_cells};
pub use values::{GridTextError, parse_values, write_values};
pub use view::{GridAction, GridCell, GridCellState, GridCounts, GridHead, GridPlan, GridView};
