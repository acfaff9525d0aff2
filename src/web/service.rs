//! What the server functions of [`crate::api`] need from the server, which provides an [`ArcService`] as context.

use std::sync::Arc;

use async_trait::async_trait;
use proto::{
    ids::{CommandId, TaskId},
    outbox::{Answer, Order},
    submit::{FormOptions, OpenedFile, Submission, SubmitError},
    task::{Snapshot, Task},
    webhook::Delivery,
    wire::{Command, News, Resume},
};

/// The type of the service in the context.
pub type ArcService = Arc<dyn Service>;

#[async_trait]
pub trait Service: Send + Sync {
    /// Submits a task; it is on disk when this returns. Submissions with the same `key` (an `Idempotency-Key`) are one task.
    ///
    /// # Errors
    /// See [`SubmitError`].
    async fn submit(&self, submission: Submission, key: Option<String>) -> Result<TaskId, SubmitError>;

    /// Carries out a command.
    ///
    /// # Errors
    /// Why it is refused, for people.
    async fn command(&self, command: Command) -> Result<(), String>;

    /// Carries out an order of a page, once per `id` even if it is sent repeatedly. A refusal is an [`Answer`].
    async fn order(&self, id: CommandId, order: Order) -> Answer;

    /// A task of any age with all details. `None`: there is no such task.
    async fn task(&self, id: TaskId) -> Option<Task>;

    /// The present state.
    fn snapshot(&self) -> Snapshot;

    /// The changes since `known`.
    fn news(&self, known: Resume) -> News;

    /// The messages of a task to webhooks, oldest first.
    async fn deliveries(&self, id: TaskId) -> Vec<Delivery>;

    /// Sends a message to a webhook again.
    ///
    /// # Errors
    /// Why it is refused, for people.
    async fn redeliver(&self, id: TaskId, delivery: String) -> Result<(), String>;

    /// Opens a file that should hold a workflow.
    ///
    /// # Errors
    /// What it is instead, for people.
    async fn open_file(&self, bytes: Vec<u8>) -> Result<OpenedFile, String>;

    /// The choices of the built-in form.
    fn form_options(&self) -> FormOptions;
}
