//! The event log of the live connection.

mod actions;
mod filter;
mod panel;
mod table;
mod view;

pub(super) use panel::EventLogPanel;
