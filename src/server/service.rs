//! Answers the pages' server functions with the services of [`AppState`].

use async_trait::async_trait;
use proto::{
    form::Overlay,
    ids::{CommandId, TaskId, WorkflowId},
    outbox::{Answer, Order},
    submit::{FormOptions, OpenedFile, OpenedSavedWorkflow, Refusal, SavedWorkflowName, Submission, WorkflowForm, WorkflowToSave},
    task::{Snapshot, Task},
    webhook::Delivery,
    wire::{News, Resume},
    workflow_file,
};
use service::{Service, ServiceError, SubmitError};

use crate::{state::AppState, webhooks::RedeliveryError, workflow_forms::form_of, workflow_library::name_of};

#[async_trait]
impl Service for AppState {
    async fn submit(&self, submission: Submission) -> Result<TaskId, SubmitError> {
        self.submissions().submit_from_page(submission, None).await
    }

    async fn cancel(&self, id: TaskId) -> Result<(), ServiceError> {
        self.commands().cancel(id).await.map_err(|error| ServiceError::NotFound(error.to_string()))
    }

    async fn order(&self, id: CommandId, order: Order) -> Answer {
        match order {
            Order::Submit(submission) => of_submission(self.submissions().submit_from_page(submission, Some(id)).await),
            Order::Rerun { task, new_seed } => of_submission(self.submissions().rerun_from_page(task, new_seed, id).await),
            Order::Command(command) => match self.commands().run_once(id, command).await {
                Ok(()) => Answer::Done { task: None },
                Err(message) => Answer::Refused(Refusal { message, problems: Vec::new() }),
            },
        }
    }

    async fn task(&self, id: TaskId) -> Option<Task> {
        self.archive().task(id).await
    }

    fn snapshot(&self) -> Snapshot {
        self.tracker().snapshot()
    }

    fn news(&self, known: Resume) -> News {
        self.tracker().news(known)
    }

    async fn deliveries(&self, id: TaskId) -> Vec<Delivery> {
        self.deliveries().list_for_page(id).await
    }

    async fn redeliver(&self, id: TaskId, delivery: String) -> Result<(), ServiceError> {
        self.deliveries().redeliver(id, delivery).await.map_err(ServiceError::from)
    }

    async fn open_file(&self, bytes: Vec<u8>) -> Result<OpenedFile, String> {
        // A picture may take a while to read.
        let opened = tokio::task::spawn_blocking(move || workflow_file::open(&bytes)).await;
        let opened = opened.map_err(|_| "Darkroom is stopping. Choose the file again in a moment.".to_owned())?;
        let opened = match opened {
            Ok(opened) => self.pool().workflow_of(opened).await,
            Err(error) => Err(error),
        };
        let opened = opened.map_err(|error| error.to_string())?;
        let json = opened.to_json().map_err(|error| error.to_string())?;
        Ok(OpenedFile { json, notes: opened.notes })
    }

    async fn workflow_form(&self, json: String, saved: Option<WorkflowId>) -> Result<WorkflowForm, String> {
        // One that was removed meanwhile has the form of a new file.
        let overlay = match saved {
            Some(id) => self.library().get(id, None).await.map(|saved| saved.overlay).unwrap_or_default(),
            None => Overlay::default(),
        };
        let catalogs = self.pool().form_catalogs();
        // A workflow may have thousands of nodes.
        let form = tokio::task::spawn_blocking(move || form_of(&catalogs, &json, &overlay));
        form.await.unwrap_or_else(|_| Err("Darkroom is stopping. Try again in a moment.".into()))
    }

    async fn saved_workflows(&self) -> Result<Vec<SavedWorkflowName>, String> {
        let saved = self.library().list().await.map_err(|error| error.to_string())?;
        Ok(saved.into_iter().map(name_of).collect())
    }

    async fn open_workflow(&self, id: WorkflowId) -> Result<OpenedSavedWorkflow, String> {
        self.library().open(id).await.map_err(|error| error.to_string())
    }

    async fn save_workflow(&self, workflow: WorkflowToSave) -> Result<SavedWorkflowName, String> {
        self.library().save_from_page(workflow).await.map(name_of).map_err(|error| error.to_string())
    }

    fn form_options(&self) -> FormOptions {
        self.pool().form_options()
    }
}

fn of_submission(submitted: Result<TaskId, SubmitError>) -> Answer {
    match submitted {
        Ok(task) => Answer::Done { task: Some(task) },
        Err(SubmitError::Refused(refusal)) => Answer::Refused(refusal),
        Err(SubmitError::Unavailable(why)) => Answer::Later(why),
    }
}

impl From<RedeliveryError> for ServiceError {
    fn from(error: RedeliveryError) -> Self {
        let why = error.to_string();
        match error {
            RedeliveryError::UnknownTask | RedeliveryError::UnknownDelivery => Self::NotFound(why),
            RedeliveryError::Sending | RedeliveryError::NoWebhook => Self::Conflict(why),
            RedeliveryError::Store(_) => Self::Unavailable(why),
        }
    }
}
