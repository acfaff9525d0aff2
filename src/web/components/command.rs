//! Sending a command: it is carried out, or a toast says why it was not.

use crate::live::{Live, OrderOutcome, ToastKind};
use proto::{ids::TaskId, outbox::Order, wire::Command};

/// Sends `command`. `refused` is the title of the toast when it was not carried out, `about` the task it links to; `then` is called with
/// whether it was. While Darkroom cannot be reached the command waits in the outbox, and so does `then`.
pub(crate) fn command(live: Live, command: Command, refused: &'static str, about: Option<TaskId>, then: Box<dyn Fn(bool)>) {
    let answered = move |outcome| match outcome {
        OrderOutcome::Done(_) => then(true),
        OrderOutcome::Withdrawn => then(false),
        OrderOutcome::Refused(refusal) => {
            then(false);
            live.toast(ToastKind::Bad, refused, refusal.message, about);
        }
        OrderOutcome::Deferred => {}
    };
    live.order(Order::Command(command), Box::new(answered));
}
