//! The JSON representation of tasks, shared by the API, event streams and webhooks.
//!
//! [`TaskReport`] is the response of `GET /api/tasks/{id}`. [`Message`] is sent by streams and webhooks when a task changes. [`Facts`] are the parts of
//! a message about a result besides its pictures.

mod facts;
mod message;
mod parts;
mod removal;
mod task;

pub use facts::{Facts, Seed};
pub use message::Message;
pub use parts::{FailureReport, NodeFailure, OutputReport, Progress, TaskStatus, Urls};
pub use removal::RemovalReport;
pub use task::{TaskLinks, TaskReport};
#[cfg(test)]
mod tests;
