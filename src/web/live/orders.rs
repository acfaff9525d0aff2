//! Sending and withdrawing orders, and the list of those that wait for an answer.

use std::{collections::HashSet, sync::Arc};

use leptos::prelude::*;

use super::{
    order::{OrderCallback, OrderHandlers, PendingOrder},
    state::Live,
    watch::Watch,
};
use proto::{
    ids::{CommandId, TaskId},
    limits,
    outbox::Order,
    submit::{FormRun, Submission},
    wire::Command,
};

impl Live {
    /// Sends an order. `callback` is called with its outcome. Does nothing before the page is hydrated.
    pub fn order(&self, order: Order, callback: OrderCallback) {
        let label = self.label(&order);
        if let Some(handlers) = self.order_handlers() {
            (handlers.send)(order, label, callback);
        }
    }

    /// Takes back an order, unless a request for it is in flight.
    pub fn withdraw(&self, id: CommandId) {
        if let Some(handlers) = self.order_handlers() {
            (handlers.withdraw)(id);
        }
    }

    /// Orders that wait for an answer, oldest first. Those that are answered at once never appear here.
    #[must_use]
    pub fn pending_orders(&self) -> Vec<PendingOrder> {
        self.track(Watch::Orders);
        self.browser.with_value(|browser| browser.pending_orders.clone())
    }

    fn order_handlers(&self) -> Option<OrderHandlers> {
        self.browser.with_value(|browser| browser.on_order.clone())
    }

    /// For the driver: how orders are sent and withdrawn.
    pub fn on_order(
        &self,
        send: impl Fn(Order, String, OrderCallback) + Send + Sync + 'static,
        withdraw: impl Fn(CommandId) + Send + Sync + 'static,
    ) {
        let handlers = OrderHandlers { send: Arc::new(send), withdraw: Arc::new(withdraw) };
        self.browser.update_value(|browser| browser.on_order = Some(handlers));
    }

    /// For the driver.
    pub fn set_pending_orders(&self, pending: Vec<PendingOrder>) {
        if self.browser.with_value(|browser| browser.pending_orders != pending) {
            self.browser.update_value(|browser| browser.pending_orders = pending);
            self.notify(HashSet::from([Watch::Orders]));
        }
    }

    /// An order for people: "Cancel “Lighthouse”".
    fn label(&self, order: &Order) -> String {
        let name = |id: &TaskId| self.model.with_value(|model| model.task(*id).map_or_else(|| "a task".into(), |task| quoted(&task.name)));
        let (action, object) = match order {
            Order::Submit(submission) => ("Generate", quoted(&subject(submission))),
            Order::Rerun { task, .. } => ("Run again", name(task)),
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
        format!("{action} {object}")
    }
}

/// What is ordered, in words of its author. The rules that shorten a prompt to a name are the server's: pages do not load them.
fn subject(submission: &Submission) -> String {
    let text = match submission {
        Submission::TextToImage(recipe) => &recipe.prompt,
        Submission::Edit(edit) => &edit.name,
        Submission::Workflow { name, .. } | Submission::Form(FormRun { name, .. }) => name.trim_end_matches(".json"),
    };
    text.trim().chars().take(limits::NAME).collect()
}

fn quoted(name: &str) -> String {
    format!("“{name}”")
}
