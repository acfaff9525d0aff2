//! The single owner of the tasks' state. [`state`] numbers, applies, stores and publishes every change under one lock, so that a snapshot and the
//! stream of changes after it always fit together.

mod census;
mod durable_end;
mod explained;
mod history;
mod job;
mod new_outputs;
mod outputs;
mod pending;
mod progress;
mod queue;
mod role;
#[cfg(test)]
#[cfg(feature = "shuttle")]
#[path = "tests/schedules.rs"]
mod schedules;
mod seat;
mod shown;
mod snapshots;
mod state;
mod subscribe;
#[cfg(test)]
#[cfg(not(feature = "shuttle"))]
mod tests;
mod waiting;

pub use self::{
    census::Census,
    job::TaskJob,
    seat::{PoolSeat, SeatSocket},
    shown::ShownState,
    state::Tracker,
    subscribe::StreamStart,
};
