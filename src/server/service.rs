//! Answers the pages' server functions with the services of [`AppState`].

use async_trait::async_trait;
use proto::{
    ids::{CommandId, TaskId},
    outbox::{Answer, Order},
    submit::{FormOptions, OpenedFile, Refusal, Submission, SubmitError},
    task::{Snapshot, Task},
    webhook::Delivery,
    wire::{Command, News, Resume},
    workflow_file::{self, OpenedWorkflow},
};
use web::service::Service;

use crate::state::AppState;

#[async_trait]
impl Service for AppState {
    async fn submit(&self, submission: Submission, key: Option<String>) -> Result<TaskId, SubmitError> {
        self.submissions().submit_from_page(submission, key).await
    }

    async fn command(&self, command: Command) -> Result<(), String> {
        self.commands().run(command).await.map_err(|error| error.to_string())
    }

    async fn order(&self, id: CommandId, order: Order) -> Answer {
        match order {
            Order::Submit(submission) => match self.submit(submission, Some(id.to_string())).await {
                Ok(task) => Answer::Done { task: Some(task) },
                Err(SubmitError::Refused(refusal)) => Answer::Refused(refusal),
                Err(SubmitError::Unavailable(why)) => Answer::Later(why),
            },
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

    async fn redeliver(&self, id: TaskId, delivery: String) -> Result<(), String> {
        self.deliveries().redeliver(id, delivery).await.map_err(|error| error.to_string())
    }

    async fn open_file(&self, bytes: Vec<u8>) -> Result<OpenedFile, String> {
        // A picture may take a while to read.
        let opened = tokio::task::spawn_blocking(move || {
            let OpenedWorkflow { workflow, notes } = workflow_file::open(&bytes).map_err(|error| error.to_string())?;
            let json = serde_json::to_string(&workflow).map_err(|error| error.to_string())?;
            Ok(OpenedFile { json, notes })
        });
        opened.await.unwrap_or_else(|_| Err("Darkroom is stopping. Choose the file again in a moment.".into()))
    }

    fn form_options(&self) -> FormOptions {
        self.pool().form_options()
    }
}
