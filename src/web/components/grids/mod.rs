//! Grids: the list of them, making one, and one as a live table.

mod axis;
mod base;
mod cell;
mod detail;
mod extend;
mod list;
mod model;
mod new;
mod none;
mod page;
mod table;
mod words;

pub use page::GridsPanel;
