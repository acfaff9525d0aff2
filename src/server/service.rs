//! What the pages' server functions ask for, answered by [`AppState`].

use async_trait::async_trait;
use proto::{
    ids::{CommandId, TaskId},
    outbox::{Answer, Order},
    submit::{FormOptions, Submission, SubmitError},
    task::{Snapshot, Task},
    webhook::Delivery,
    wire::{Command, News, Resume},
};
use web::service::Service;

use crate::AppState;

#[async_trait]
impl Service for AppState {
    async fn submit(&self, submission: Submission, key: Option<String>) -> Result<TaskId, SubmitError> {
        self.submit(submission, key).await
    }

    async fn command(&self, command: Command) -> Result<(), String> {
        self.command(command).await.map_err(|error| error.to_string())
    }

    async fn order(&self, id: CommandId, order: Order) -> Answer {
        self.order(id, order).await
    }

    async fn task(&self, id: TaskId) -> Option<Task> {
        self.task(id).await
    }

    fn snapshot(&self) -> Snapshot {
        self.snapshot()
    }

    fn news(&self, known: Resume) -> News {
        self.news(known)
    }

    async fn deliveries(&self, id: TaskId) -> Vec<Delivery> {
        self.webhooks_of(id).await
    }

    async fn redeliver(&self, id: TaskId, delivery: String) -> Result<(), String> {
        self.replay(id, delivery).await.map_err(|error| error.to_string())
    }

    fn form_options(&self) -> FormOptions {
        self.form_options()
    }
}
