//! Grids: a table of ordinary tasks, one for each combination of values. See [`proto::grid`].

mod error;
mod library;
mod prepare;
mod prepared;
mod seeds;
mod sheet;
mod submit;
mod text;
mod view;

pub use self::{error::GridError, library::Grids, sheet::SheetFormat};
