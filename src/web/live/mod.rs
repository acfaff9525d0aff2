//! The live state of a page, for everything that is shown, and the only writer of signals.
//!
//! It holds the same [`Snapshot`](proto::task::Snapshot) as the server and applies changes with the same reducer. Readers subscribe to
//! parts of it, so that progress of one node wakes the readers of that node only. On the server it holds the state of the first paint.

mod announce;
pub mod hooks;
mod listen;
mod log;
mod message;
mod order;
mod orders;
mod preferences;
mod project_listener;
mod projects;
mod read;
mod state;
mod toast;
mod update;
mod watch;
mod write;

pub use log::{Direction, EventSummary, KINDS, LogEntry, LogEvent, PollAnswer, print};
pub use message::LiveMessage;
pub use order::{OrderCallback, OrderOutcome, PendingOrder};
pub use preferences::PREFERENCES_KEY;
pub use state::{Live, PageConnection, ROUND_TRIPS, provide_live, use_live};
pub use toast::{Toast, ToastKind};
pub use update::StateUpdate;
