//! The preferences of this browser, and in debug mode the event log of its live connection.
//!
//! Used only by the page of the settings.

mod draft;
mod export;
mod field;
mod log;
mod panel;
mod preferences;
mod session;

pub use panel::SettingsPanel;
