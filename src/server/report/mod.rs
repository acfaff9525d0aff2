//! The JSON representation of tasks, shared by the API, event streams and webhooks.
//!
//! [`TaskReport`] is the response of `GET /api/tasks/{id}`. [`Message`] is sent by streams and webhooks when a task changes. [`Facts`] are the parts of
//! a message about a result besides its pictures.

mod facts;
mod failure;
mod message;
mod output;
mod progress;
mod prompts;
mod removal;
mod status;
mod task;
mod urls;

pub use facts::{Facts, Seed};
pub use failure::{FailureReport, NodeFailure};
pub use message::Message;
pub use output::OutputReport;
pub use progress::Progress;
pub use removal::RemovalReport;
pub use status::TaskStatus;
pub use task::{TaskLinks, TaskReport};
pub use urls::Urls;
#[cfg(test)]
mod tests;
