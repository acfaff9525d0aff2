//! Sending a command to the server. A toast shows why it was refused.

use crate::live::{Live, OrderOutcome, ToastKind};
use proto::{ids::TaskId, outbox::Order, wire::Command};

/// Sends `command`. `refused` is the title of the toast when the server refuses it, `about` the task the toast links to; `callback` is called
/// with whether it was carried out. While Darkroom cannot be reached, the command waits in the outbox, and `callback` is not called.
pub(crate) fn send_command(live: Live, command: Command, refused: &'static str, about: Option<TaskId>, callback: Box<dyn Fn(bool)>) {
    let answered = move |outcome| match outcome {
        OrderOutcome::Done(_) => callback(true),
        OrderOutcome::Withdrawn => callback(false),
        OrderOutcome::Refused(refusal) => {
            callback(false);
            live.toast(ToastKind::Bad, refused, refusal.message, about);
        }
        OrderOutcome::Deferred => {}
    };
    live.order(Order::Command(command), Box::new(answered));
}
