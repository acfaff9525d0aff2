//! Cancelling one task: a plain form without JavaScript, a command with it.

use leptos::{ev, prelude::*};

use super::{
    command::send_command,
    reactive::{Erased, listener, memo, truth},
};
use crate::{base_path::with_base, live::use_live};
use proto::{ids::TaskId, wire::Command};

/// The button. It stays disabled until the task has ended or the server refused.
#[component]
pub(crate) fn CancelButton(task: TaskId) -> impl IntoView {
    let live = use_live();
    let asked = RwSignal::new(false);
    // Requested on this page, or by anyone while its ComfyUI cannot be reached.
    let pressed = memo(move || asked.get() || live.with_task(task, |task| task.cancelling).unwrap_or_default());
    let cancel = move || {
        if pressed.get_untracked() {
            return;
        }
        asked.set(true);
        let then = Box::new(move |done: bool| {
            if !done {
                let _ = asked.try_set(false);
            }
        });
        send_command(live, Command::Cancel { task }, "Not cancelled", Some(task), then);
    };
    view! {
        <form
            class="cancel"
            method="post"
            action=with_base(&format!("/tasks/{task}/cancel"))
            on:submit=listener(move |event: ev::SubmitEvent| {
                event.prevent_default();
                cancel();
            })
        >
            <button type="submit" class="button quiet" aria-disabled=truth(move || pressed.get())>
                {memo(move || if pressed.get() { "Cancelling…" } else { "Cancel" })}
            </button>
        </form>
    }
    .erased()
}
