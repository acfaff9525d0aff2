//! What the server functions of [`crate::api`] need from the server. It gives one as context: `provide_context(service)` with an [`ArcService`].

use std::sync::Arc;

use async_trait::async_trait;
use proto::{
    ids::{CommandId, TaskId},
    outbox::{Answer, Order},
    submit::{FormOptions, Submission, SubmitError},
    task::{Snapshot, Task},
    webhook::Delivery,
    wire::{Command, News, Resume},
};

/// In this shape the service is looked up in the context.
pub type ArcService = Arc<dyn Service>;

#[async_trait]
pub trait Service: Send + Sync {
    /// Takes a task in; it is on disk before this answers. The same `key` (an `Idempotency-Key`) again is the same task.
    ///
    /// # Errors
    /// See [`SubmitError`].
    async fn submit(&self, submission: Submission, key: Option<String>) -> Result<TaskId, SubmitError>;

    /// Carries out a command.
    ///
    /// # Errors
    /// Why not, for people.
    async fn command(&self, command: Command) -> Result<(), String>;

    /// Carries out what a person ordered on a page: once, however often the same `id` comes. A refusal is an answer.
    async fn order(&self, id: CommandId, order: Order) -> Answer;

    /// A task of any age, whole. `None`: there is no such task.
    async fn task(&self, id: TaskId) -> Option<Task>;

    /// The present state.
    fn snapshot(&self) -> Snapshot;

    /// What happened since `known`.
    fn news(&self, known: Resume) -> News;

    /// The messages of a task to webhooks, oldest first.
    async fn deliveries(&self, id: TaskId) -> Vec<Delivery>;

    /// Sends a message to a webhook again.
    ///
    /// # Errors
    /// Why not, for people.
    async fn redeliver(&self, id: TaskId, delivery: String) -> Result<(), String>;

    /// What the built-in form offers.
    fn form_options(&self) -> FormOptions;
}
