//! The single owner of state. Every change goes through here: it is numbered, carried out, kept and published under one lock, so that a
//! snapshot and the stream after it always fit together.

mod census;
mod history;
mod progress;
mod queue;
#[cfg(test)]
#[cfg(feature = "shuttle")]
#[path = "tests/schedules.rs"]
mod schedules;
mod state;
#[cfg(test)]
#[cfg(not(feature = "shuttle"))]
mod tests;

pub use census::Census;
pub use queue::{PoolSeat, QueueError};
pub use state::{Job, Start, Tracker};
