//! The list of nodes with its head.

use leptos::prelude::*;
use crate::components::reactive::{memo, When};

use super::row::NodeRow;
use crate::{
    live::use_live,
    proto::{ids::TaskId, task::Task},
};

/// NodeExecutionStatus: each node of the task with its state, its own bar and the time it took.
#[component]
pub fn NodePanel(task: TaskId) -> impl IntoView {
    let live = use_live();
    let ids = memo(move || {
        live.with_task(task, |task| task.nodes.iter().map(|node| node.id.clone()).collect::<Vec<_>>()).unwrap_or_default()
    });
    let done = memo(move || live.with_progress(task, done).unwrap_or_default());
    let some = memo(move || ids.with(|ids| !ids.is_empty()));
    view! {
        <div class="panel-title">
            <h2>"Nodes"</h2>
            <When holds=some>
                <span class="note">{move || done.get()}" of "{move || ids.with(Vec::len)}" done"</span>
            </When>
        </div>
        <div class="node-scroll" tabindex="0" role="group" aria-label="Progress of the nodes">
            <ol class="nodes" aria-label="Nodes">
                <For each=move || ids.get() key=Clone::clone children=move |node| view! { <NodeRow task node /> } />
            </ol>
            <When holds=memo(move || !some.get())>
                <p class="note">"The nodes of this task are being looked up."</p>
            </When>
        </div>
    }
}

fn done(task: &Task) -> usize {
    task.nodes.iter().filter(|node| node.state.is_settled()).count()
}
