//! The event log of a page: the messages of its live connection. Recorded only in debug mode; bounded.
//!
//! Messages are recorded as they came. They are summarized only when the log is shown, by code (`summary.rs`) that comes with the settings
//! page, so that other pages do not load it.

mod buffer;
mod entry;
mod record;
mod summary;

pub(super) use buffer::PageLog;
pub use entry::{Direction, EventSummary, LogEntry, LogEvent, PollAnswer};
pub use summary::{KINDS, print};
