//! What pages may call.

use std::sync::Arc;

use async_trait::async_trait;
use proto::{
    ids::{CommandId, TaskId, WorkflowId},
    outbox::{Answer, Order},
    submit::{FormOptions, OpenedFile, OpenedSavedWorkflow, Refusal, SavedWorkflowName, Submission, WorkflowForm, WorkflowToSave},
    task::{Snapshot, Task},
    webhook::Delivery,
    wire::{News, Resume},
};

/// The type of the service in the Leptos context of pages and server functions.
pub type ArcService = Arc<dyn Service>;

/// Why the server refuses what a page asked for. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    #[error("{0}")]
    NotFound(String),
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Unavailable(String),
}

/// Why a task is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It cannot run unchanged; the refusal names what to change.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// Not possible now: nothing was stored and nothing sent.
    #[error("{0}")]
    Unavailable(String),
}

#[async_trait]
pub trait Service: Send + Sync {
    /// Submits a task; it is on disk when this returns.
    ///
    /// # Errors
    /// See [`SubmitError`].
    async fn submit(&self, submission: Submission) -> Result<TaskId, SubmitError>;

    /// Cancels a task.
    ///
    /// # Errors
    /// There is no such task, or it cannot be cancelled.
    async fn cancel(&self, id: TaskId) -> Result<(), ServiceError>;

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
    /// There is no such message or task, it cannot be sent now, or the database cannot be used.
    async fn redeliver(&self, id: TaskId, delivery: String) -> Result<(), ServiceError>;

    /// Opens a file that should hold a workflow.
    ///
    /// # Errors
    /// What it is instead, for people.
    async fn open_file(&self, bytes: Vec<u8>) -> Result<OpenedFile, String>;

    /// The form of a workflow in API format, as it was arranged if it is a saved one.
    ///
    /// # Errors
    /// Why there is none, for people.
    async fn workflow_form(&self, json: String, saved: Option<WorkflowId>) -> Result<WorkflowForm, String>;

    /// The saved workflows, the one changed last first.
    ///
    /// # Errors
    /// Why they cannot be read, for people.
    async fn saved_workflows(&self) -> Result<Vec<SavedWorkflowName>, String>;

    /// A saved workflow.
    ///
    /// # Errors
    /// Why there is none, for people.
    async fn open_workflow(&self, id: WorkflowId) -> Result<OpenedSavedWorkflow, String>;

    /// Saves a workflow.
    ///
    /// # Errors
    /// Why it was not saved, for people.
    async fn save_workflow(&self, workflow: WorkflowToSave) -> Result<SavedWorkflowName, String>;

    /// The choices of the built-in form.
    fn form_options(&self) -> FormOptions;
}
