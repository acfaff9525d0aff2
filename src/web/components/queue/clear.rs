//! Cancelling all waiting tasks, after a confirmation that says how many there are.

use leptos::{ev, html, prelude::*};

use crate::{
    components::{
        command::send_command,
        reactive::{Erased, listener, memo, truth},
        words::count,
    },
    live::use_live,
};
use proto::wire::Command;

/// The button and its confirmation dialog.
#[component]
pub(super) fn ClearWaiting() -> impl IntoView {
    let live = use_live();
    let dialog = NodeRef::<html::Dialog>::new();
    // All tasks that have not started, including paused ones and those in a ComfyUI's queue.
    let waiting = memo(move || live.with_all(|all| all.tasks.iter().filter(|task| !task.state.has_begun()).count()));
    let none = memo(move || waiting.get() == 0);
    let tasks = memo(move || count(waiting.get(), "task", "tasks"));
    let ask = move |_: ev::MouseEvent| {
        if let Some(dialog) = dialog.get_untracked().filter(|_| !none.get_untracked()) {
            let _ = dialog.show_modal();
        }
    };
    let clear = move |_: ev::MouseEvent| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        send_command(live, Command::ClearQueue, "The queue was not cleared", None, Box::new(|_| {}));
    };
    view! {
        <button type="button" class="button" id="clear-waiting" aria-haspopup="dialog" aria-disabled=truth(move || none.get()) on:click=listener(ask)>
            "Clear waiting"
        </button>
        <dialog class="ask card" aria-labelledby="clear-title" node_ref=dialog>
            <h2 id="clear-title">"Cancel all "{tasks}" that wait?"</h2>
            <p class="note">"Those that are held back, or were sent already, go too. What runs goes on. This cannot be undone."</p>
            <form method="dialog" class="ask-actions">
                <button type="submit" class="button" autofocus>"Keep them"</button>
                <button type="button" class="button danger" on:click=listener(clear)>"Cancel "{tasks}</button>
            </form>
        </dialog>
    }.erased()
}
