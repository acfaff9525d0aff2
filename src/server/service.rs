//! Answers the pages' server functions with the services of [`AppState`].

use async_trait::async_trait;
use proto::{
    ids::{CommandId, TaskId},
    outbox::{Answer, Order},
    submit::{FormOptions, Refusal},
    task::Task,
    webhook::Delivery,
    wire::{News, Resume},
};
use web::service::Service;

use crate::{state::AppState, submissions::SubmitError};

#[async_trait]
impl Service for AppState {
    async fn order(&self, id: CommandId, order: Order) -> Answer {
        match order {
            Order::Submit(submission) => match self.submissions().submit_from_page(submission, Some(id)).await {
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

    fn news(&self, known: Resume) -> News {
        self.tracker().news(known)
    }

    async fn deliveries(&self, id: TaskId) -> Vec<Delivery> {
        self.deliveries().list_for_page(id).await
    }

    async fn redeliver(&self, id: TaskId, delivery: String) -> Result<(), String> {
        self.deliveries().redeliver(id, delivery).await.map_err(|error| error.to_string())
    }

    fn form_options(&self) -> FormOptions {
        self.pool().form_options()
    }
}
