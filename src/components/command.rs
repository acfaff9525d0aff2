//! Sending a command: it is carried out, or a toast says why it was not.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::send_command,
    live::{Live, ToastKind},
    proto::{ids::TaskId, wire::Command},
};

/// Sends `command`. `refused` is the title of the toast when it was not carried out, `about` the task it links to; `then` is called with
/// whether it was.
pub(crate) fn command(live: Live, command: Command, refused: &'static str, about: Option<TaskId>, then: Box<dyn FnOnce(bool)>) {
    spawn_local(async move {
        let why = match send_command(command).await {
            Ok(()) => return then(true),
            Err(ServerFnError::ServerError(why)) => why,
            Err(_) => "Darkroom did not answer. Try again.".into(),
        };
        then(false);
        live.toast(ToastKind::Bad, refused, why, about);
    });
}
