//! Cancelling one task: a form that works by itself, and asks the server function where there is JavaScript.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::send_command,
    live::{ToastKind, use_live},
    proto::{ids::TaskId, wire::Command},
};

/// The button. It stays pressed until the task has ended or the server said why it cannot.
#[component]
pub(crate) fn CancelButton(task: TaskId) -> impl IntoView {
    let live = use_live();
    let asked = RwSignal::new(false);
    let cancel = move || {
        if asked.get_untracked() {
            return;
        }
        asked.set(true);
        spawn_local(async move {
            let why = match send_command(Command::Cancel { task }).await {
                Ok(()) => return,
                Err(ServerFnError::ServerError(why)) => why,
                Err(_) => "Darkroom did not answer. Try again.".into(),
            };
            let _ = asked.try_set(false);
            live.toast(ToastKind::Bad, "Not cancelled", why, Some(task));
        });
    };
    view! {
        <form
            class="cancel"
            method="post"
            action=format!("/tasks/{task}/cancel")
            on:submit=move |event| {
                event.prevent_default();
                cancel();
            }
        >
            <button type="submit" class="button quiet" aria-disabled=move || asked.get().to_string()>
                {move || if asked.get() { "Cancelling…" } else { "Cancel" }}
            </button>
        </form>
    }
}
