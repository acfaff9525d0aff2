//! What programs are told of a task, in JSON: one set of words for the API, for streams and for webhooks.
//!
//! [`TaskReport`] is a task as `GET /api/tasks/{id}` shows it. [`Message`] is what is told of it while it develops: the same shape for every
//! way it may be told. [`Facts`] is what a message says about a result besides its pictures.

mod facts;
mod message;
mod parts;
mod task;

pub use facts::{Facts, Seed};
pub use message::Message;
pub use parts::{FailureReport, NodeFailure, OutputReport, Progress, TaskStatus, Urls};
pub use task::{TaskLinks, TaskReport};
#[cfg(test)]
mod tests;
