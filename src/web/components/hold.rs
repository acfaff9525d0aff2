//! Holding one task back, and bringing it forward: on its own page, while it waits. The page of the queue can do more.

use leptos::prelude::*;

use super::{
    command::command,
    reactive::{Erased, When, listener, memo, truth},
    standing::Standing,
};
use crate::live::{Live, use_live};
use proto::{ids::TaskId, wire::Command};

/// "Pause" or "Resume", and "Move to the top" where there is something before it. Nothing once it is at a ComfyUI.
#[component]
pub(crate) fn HoldButtons(task: TaskId) -> impl IntoView {
    let live = use_live();
    let busy = RwSignal::new(false);
    let standing = memo(move || live.with_task(task, Standing::of).flatten());
    let paused = memo(move || standing.get() == Some(Standing::Paused));
    let first = memo(move || if standing.get() == Some(Standing::Waiting) { first_in_line(live) } else { None });
    let send = move |what: Command, refused: &'static str| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let done = Box::new(move |_| {
            let _ = busy.try_set(false);
        });
        command(live, what, refused, Some(task), done);
    };
    let hold = move || {
        let paused = !paused.get_untracked();
        send(Command::Pause { task, paused }, if paused { "Not paused" } else { "Not resumed" });
    };
    let to_top = move || send(Command::Move { task, before: first.get_untracked() }, "Not moved");
    view! {
        <When holds=memo(move || matches!(standing.get(), Some(Standing::Waiting | Standing::Paused)))>
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
fn first_in_line(live: Live) -> Option<TaskId> {
    live.with_all(|all| {
        let in_line = all.tasks.iter().filter(|task| Standing::of(task) == Some(Standing::Waiting));
        in_line.min_by_key(|task| task.place.key()).map(|task| task.id)
    })
}
