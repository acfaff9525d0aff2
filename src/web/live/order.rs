//! The orders of a page: what a person asked the server to do.

use std::sync::Arc;

use proto::{
    ids::{CommandId, TaskId},
    outbox::Order,
    submit::Refusal,
};

/// What became of an order.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderOutcome {
    /// Carried out; for a submission, with the task that was made.
    Done(Option<TaskId>),
    Refused(Refusal),
    /// Darkroom did not answer, or cannot do it now: the order is stored in this browser and retried. The final outcome of a command is
    /// reported later, that of a submission is not: its task appears.
    Deferred,
    /// The person took it back.
    Withdrawn,
}

/// Called with the outcome of an order.
pub type OrderCallback = Box<dyn Fn(OrderOutcome)>;

/// Sends an order: the order, its label for people, and the callback.
type SendOrder = Arc<dyn Fn(Order, String, OrderCallback) + Send + Sync>;
type WithdrawOrder = Arc<dyn Fn(CommandId) + Send + Sync>;

/// How the driver in `browser/` sends and withdraws orders.
#[derive(Clone)]
pub(super) struct OrderHandlers {
    pub send: SendOrder,
    pub withdraw: WithdrawOrder,
}

/// An order that waits in this browser: it has no answer yet, or its refusal was not dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingOrder {
    pub id: CommandId,
    pub label: String,
    /// Why it was not carried out yet, or why it was refused.
    pub note: Option<String>,
    pub refused: bool,
    /// A request is in flight: the order cannot be withdrawn now.
    pub in_flight: bool,
    /// Lost when this page is closed: the browser's storage did not accept it.
    pub not_stored: bool,
}
