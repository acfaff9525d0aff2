//! Boards and pages of shots under events in any order.

mod boards;
mod shots;
