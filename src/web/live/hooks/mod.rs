//! Hooks for components: each gives one part of the live state. A field that is a memo wakes a component only when that field changes; a
//! method subscribes its caller to what it reads, and should be called in a memo. All subscriptions end when the component is unmounted.
//!
//! They need the context that [`super::provide_live`] provides on every page. For anything else there is [`use_live`](super::use_live).

mod connection;
mod memo;
mod progress;
mod projects;
mod queue;
#[cfg(test)]
mod tests;

pub use connection::{ConnectionHandle, ConnectionStatus, use_connection, use_connection_status};
pub use memo::memo;
pub use progress::{GenerationProgress, use_generation_progress, use_generation_progress_of};
pub use projects::use_project_events;
pub use queue::{ExecutionQueue, use_execution_queue};
