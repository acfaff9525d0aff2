//! What the person on this page orders: handed to the driver, and shown while it waits for an answer.

use std::{collections::HashSet, sync::Arc};

use leptos::prelude::*;

use super::{Live, aspect::Aspect};
use proto::{
    ids::{CommandId, TaskId},
    outbox::Order,
    submit::Refusal,
    wire::Command,
};

/// What became of an order, or becomes of it for now.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is done; of a submission, the task that is kept.
    Done(Option<TaskId>),
    Refused(Refusal),
    /// Darkroom did not answer, or cannot do it now: it is kept in this browser and tried again. Of a command, the outcome follows; a
    /// submission speaks for itself when its task is there.
    Kept,
    /// The person took it back.
    Withdrawn,
}

/// Who waits for the outcome.
pub type Then = Box<dyn Fn(Outcome)>;

/// Given to the driver: what is ordered, in words, and who waits.
type Give = Arc<dyn Fn(Order, String, Then) + Send + Sync>;
type Withdraw = Arc<dyn Fn(CommandId) + Send + Sync>;
/// Who carries orders out, and who takes them back.
pub(super) type Handlers = (Give, Withdraw);

/// An order without an answer, or a refusal that nobody has read, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub id: CommandId,
    pub label: String,
    pub note: Option<String>,
    pub refused: bool,
    /// A request is under way: it can not be withdrawn now.
    pub on_its_way: bool,
    /// Gone with this page: the browser's storage did not take it.
    pub only_here: bool,
}

impl Live {
    /// Orders something. `then` is told what becomes of it.
    pub fn order(&self, order: Order, then: Then) {
        let label = self.label(&order);
        // Before the page is alive there is nobody to order from.
        if let Some((give, _)) = self.handlers() {
            give(order, label, then);
        }
    }

    /// Takes an order back that is not on its way.
    pub fn withdraw(&self, id: CommandId) {
        if let Some((_, withdraw)) = self.handlers() {
            withdraw(id);
        }
    }

    /// What waits for an answer, oldest first. What is answered at once is not among it.
    #[must_use]
    pub fn waiting_orders(&self) -> Vec<Waiting> {
        self.track(Aspect::Orders);
        self.person.with_value(|person| person.waiting.clone())
    }

    fn handlers(&self) -> Option<Handlers> {
        self.person.with_value(|person| person.on_order.clone())
    }

    /// For the driver: who carries orders out, and who takes them back.
    pub fn on_order(
        &self,
        give: impl Fn(Order, String, Then) + Send + Sync + 'static,
        withdraw: impl Fn(CommandId) + Send + Sync + 'static,
    ) {
        self.person.update_value(|person| person.on_order = Some((Arc::new(give), Arc::new(withdraw))));
    }

    /// For the driver.
    pub fn set_waiting_orders(&self, waiting: Vec<Waiting>) {
        if self.person.with_value(|person| person.waiting != waiting) {
            self.person.update_value(|person| person.waiting = waiting);
            self.notify(HashSet::from([Aspect::Orders]));
        }
    }

    /// What an order is, in words.
    fn label(&self, order: &Order) -> String {
        let name = |id: &TaskId| self.model.with_value(|model| model.task(*id).map_or_else(|| "a task".into(), |task| quoted(&task.name)));
        let (what, whom) = match order {
            Order::Submit(submission) => ("Generate", quoted(&submission.name())),
            Order::Command(command) => match command {
                Command::Cancel { task } => ("Cancel", name(task)),
                Command::Pause { task, paused: true } => ("Pause", name(task)),
                Command::Pause { task, paused: false } => ("Resume", name(task)),
                Command::Move { task, .. } => ("Move", name(task)),
                Command::Prioritize { task, .. } => ("Change the priority of", name(task)),
                Command::PauseQueue { paused: true } => ("Pause", "the queue".into()),
                Command::PauseQueue { paused: false } => ("Resume", "the queue".into()),
                Command::ClearQueue => ("Clear", "the queue".into()),
                Command::RetryBackend { backend } => ("Try", backend.to_string()),
            },
        };
        format!("{what} {whom}")
    }
}

fn quoted(name: &str) -> String {
    format!("“{name}”")
}
