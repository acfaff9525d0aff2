//! What pages may call.

use std::sync::Arc;

use async_trait::async_trait;
use proto::{
    edit::{PictureId, StoredPicture},
    form::PartChanges,
    graph::TaskWorkflow,
    grid::{GridAction, GridHead, GridPlan, GridProblem, GridSpec, GridView},
    ids::{CommandId, GridId, TaskId, WorkflowId},
    outbox::{Answer, Order},
    prompts::{PromptMistake, PromptModel, PromptNames, PromptPreview, WildcardText},
    run_warnings::RunCheck,
    submit::{
        EditFacts, EncodedEdit, FormOptions, FormRun, OpenedFile, OpenedSavedWorkflow, Refusal, SavedWorkflowName, Submission,
        WorkflowForm, WorkflowToSave,
    },
    task::{Snapshot, Task},
    webhook::Delivery,
    wire::{News, Resume},
};

use crate::{GalleryService, ProductionService};

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

/// Why a picture is not taken. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureRefusal {
    #[error("{0}")]
    TooLarge(String),
    /// No type of picture that can be used.
    #[error("{0}")]
    Unsupported(String),
    /// Too many pixels, or damaged.
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Unavailable(String),
}

#[async_trait]
pub trait Service: GalleryService + ProductionService {
    /// Submits a task; it is on disk when this returns.
    ///
    /// # Errors
    /// See [`SubmitError`].
    async fn submit(&self, submission: Submission) -> Result<TaskId, SubmitError>;

    /// What is known before an edit is sent.
    async fn edit_facts(&self, edit: EncodedEdit) -> EditFacts;

    /// Stores a picture that a person gives.
    ///
    /// # Errors
    /// See [`PictureRefusal`].
    async fn take_picture(&self, bytes: Vec<u8>) -> Result<StoredPicture, PictureRefusal>;

    /// Stores a mask that a person gives: of a picture with transparent places, these become white and everything else black.
    ///
    /// # Errors
    /// See [`PictureRefusal`].
    async fn take_mask(&self, bytes: Vec<u8>) -> Result<StoredPicture, PictureRefusal>;

    /// A picture that is about to be used. `None`: Darkroom does not have it (any more), or cannot read it now.
    async fn picture(&self, id: PictureId) -> Option<StoredPicture>;

    /// What speaks against a submission before it is sent. Nothing is stored.
    async fn check_run(&self, submission: Submission) -> RunCheck;

    /// Cancels a task.
    ///
    /// # Errors
    /// There is no such task, or it cannot be cancelled.
    async fn cancel(&self, id: TaskId) -> Result<(), ServiceError>;

    /// Carries out an order of a page, once per `id` even if it is sent repeatedly. A refusal is an [`Answer`].
    async fn order(&self, id: CommandId, order: Order) -> Answer;

    /// A task of any age with all details. `None`: there is no such task.
    async fn task(&self, id: TaskId) -> Option<Task>;

    /// The workflow of a task of any age, for its page. `None`: there is no such task.
    ///
    /// # Errors
    /// Why it cannot be read, for people.
    async fn task_workflow(&self, id: TaskId) -> Result<Option<TaskWorkflow>, String>;

    /// The present state.
    /// Where browsers reach the live connection. Empty: at `/ws` of the address of the page.
    fn live_address(&self) -> String;

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

    /// The form of a workflow in API format. Of a saved one with all that was changed of it but the arrangement of its fields.
    ///
    /// # Errors
    /// Why there is none, for people.
    async fn workflow_form(&self, json: String, saved: Option<WorkflowId>) -> Result<WorkflowForm, String>;

    /// What the parts that are off and the results that are not wanted change in a workflow.
    ///
    /// # Errors
    /// Why that is not known, for people.
    async fn part_changes(&self, run: FormRun) -> Result<PartChanges, String>;

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

    /// What a grid would be; what is wrong with it is part of that.
    async fn plan_grid(&self, spec: GridSpec) -> GridPlan;

    /// Makes a grid. It is on disk with all its cells when this returns.
    ///
    /// # Errors
    /// Why it was not made, each reason at its axis and value.
    async fn create_grid(&self, spec: GridSpec) -> Result<GridId, Vec<GridProblem>>;

    /// All grids, the newest first.
    ///
    /// # Errors
    /// Why they cannot be read, for people.
    async fn grids(&self) -> Result<Vec<GridHead>, String>;

    /// A grid with the state of its cells. `None`: there is no such grid.
    ///
    /// # Errors
    /// Why it cannot be read, for people.
    async fn grid(&self, id: GridId) -> Result<Option<GridView>, String>;

    /// Carries out what a person does with a grid. Gives how it is afterwards; `None`: it was removed.
    ///
    /// # Errors
    /// Why it was not done, for people.
    async fn act_on_grid(&self, id: GridId, action: GridAction) -> Result<Option<GridView>, String>;

    /// What a template of a prompt gives.
    ///
    /// # Errors
    /// What is wrong in it.
    async fn preview_prompt(&self, template: String) -> Result<PromptPreview, PromptMistake>;

    /// What can be inserted into a prompt.
    async fn prompt_names(&self) -> PromptNames;

    /// The words that a LoRA or an embedding was trained with.
    ///
    /// # Errors
    /// Why they cannot be read, for people.
    async fn trigger_words(&self, kind: PromptModel, name: String) -> Result<Vec<String>, String>;

    /// A wildcard.
    ///
    /// # Errors
    /// Why it cannot be read, for people.
    async fn read_wildcard(&self, name: String) -> Result<WildcardText, String>;

    /// Writes a wildcard, if it is still of this revision; without one, if it is not there yet.
    ///
    /// # Errors
    /// Why it was not written, for people.
    async fn write_wildcard(&self, name: String, text: String, revision: Option<String>) -> Result<WildcardText, String>;

    /// Removes a wildcard.
    ///
    /// # Errors
    /// Why it was not removed, for people.
    async fn remove_wildcard(&self, name: String) -> Result<(), String>;

    /// The choices of an input that ComfyUI lists on a route of its own.
    ///
    /// # Errors
    /// Why there are none, for people.
    async fn remote_choices(&self, class: String, input: String) -> Result<Vec<String>, String>;

    /// The choices of the built-in form.
    fn form_options(&self) -> FormOptions;
}
