//! Pausing one waiting task and moving it to the top, on its own page. The page of the queue can do more.

use leptos::prelude::*;

use super::{
    command::send_command,
    reactive::{Erased, When, listener, memo, truth},
};
use crate::live::{Live, use_live};
use proto::{ids::TaskId, task::QueueState, wire::Command};

/// "Pause" or "Resume", and "Move to the top" unless it is there. Nothing once it was sent to a ComfyUI.
#[component]
pub(crate) fn HoldButtons(task: TaskId) -> impl IntoView {
    let live = use_live();
    let busy = RwSignal::new(false);
    let state = memo(move || live.with_task(task, QueueState::of).flatten());
    let paused = memo(move || state.get() == Some(QueueState::Paused));
    let first = memo(move || if state.get() == Some(QueueState::Waiting) { next_to_send(live) } else { None });
    let send = move |what: Command, refused: &'static str| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let done = Box::new(move |_| {
            let _ = busy.try_set(false);
        });
        send_command(live, what, refused, Some(task), done);
    };
    let hold = move || {
        let paused = !paused.get_untracked();
        send(Command::Pause { task, paused }, if paused { "Not paused" } else { "Not resumed" });
    };
    let to_top = move || send(Command::Move { task, before: first.get_untracked() }, "Not moved");
    view! {
        <When holds=memo(move || matches!(state.get(), Some(QueueState::Waiting | QueueState::Paused)))>
            <div class="hold with-script">
                <When holds=memo(move || first.get().is_some_and(|first| first != task))>
                    <button type="button" class="button quiet" aria-disabled=truth(move || busy.get()) on:click=listener(move |_| to_top())>
                        "Move to the top"
                    </button>
                </When>
                <button type="button" class="button quiet" aria-disabled=truth(move || busy.get()) on:click=listener(move |_| hold())>
                    {memo(move || if paused.get() { "Resume" } else { "Pause" })}
                </button>
            </div>
        </When>
    }
    .erased()
}

/// The task that is sent next.
fn next_to_send(live: Live) -> Option<TaskId> {
    live.with_all(|all| {
        let waiting = all.tasks.iter().filter(|task| QueueState::of(task) == Some(QueueState::Waiting));
        waiting.min_by_key(|task| task.place.key()).map(|task| task.id)
    })
}
