//! What other programs do: tasks of Celery and of anyone who reports them, workers, and events.
//!
//! Messages of any form become facts ([`TaskFact`], [`WorkerFact`]), and the reducer makes the state of a task of them. Pages show the state; the decoders are
//! behind the feature `external`, which the browser does not need.

#[cfg(feature = "external")]
pub mod celery;
#[cfg(feature = "external")]
pub mod cloud_events;
mod fact;
#[cfg(feature = "external")]
mod fields;
mod join;
#[cfg(feature = "external")]
pub mod message;
#[cfg(feature = "external")]
pub mod message_error;
#[cfg(feature = "external")]
pub mod project;
mod reduce;
#[cfg(feature = "external")]
mod story;
mod task;
#[cfg(feature = "external")]
#[cfg(test)]
mod tests;
mod worker;

pub use self::{
    fact::{FactOrigin, ProgressReading, ProgressScale, TaskFact, WorkerFact},
    join::{ExternalJoin, JoinedBy, JoinedId, joining_id},
    task::{AttemptMemory, ExternalError, ExternalResult, ExternalState, ExternalTask, ResultFormat},
    worker::{ExternalWorker, WorkerPresence},
};
