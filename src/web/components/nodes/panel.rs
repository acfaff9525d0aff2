//! The list of nodes with its heading.

use leptos::prelude::*;

use super::row::NodeRow;
use crate::components::reactive::{Erased, When, memo, part, rows};
use crate::{
    components::{
        boundary::{Boundary, use_boundary},
        later_styles::LaterStyles,
        page_state::use_page_state,
    },
    live::use_live,
};
use proto::{ids::TaskId, task::Task};

/// NodeExecutionStatus: each node of the task with its state, its own bar and the time it took.
#[component]
pub fn NodePanel(task: TaskId) -> impl IntoView {
    view! { <Boundary name="The list of nodes"><Nodes task /></Boundary> }.erased()
}

#[component]
fn Nodes(task: TaskId) -> impl IntoView {
    let (live, page, boundary) = (use_live(), use_page_state(), use_boundary());
    // This component is rendered again when a person presses "Try again" in its boundary.
    page.refetch();
    let ids =
        memo(move || live.with_task(task, |task| task.nodes.iter().map(|node| node.id.clone()).collect::<Vec<_>>()).unwrap_or_default());
    // The nodes of a task never change, so their indexes are their keys.
    let keys = memo(move || ids.with(|ids| (0..ids.len() as u128).collect::<Vec<_>>()));
    let row = move |at: u128| {
        let node = ids.with_untracked(|ids| ids.get(at as usize).cloned());
        node.map(|node| view! { <NodeRow task node /> }.erased()).into_any()
    };
    let done = memo(move || live.with_progress(task, done).unwrap_or_default());
    let some = memo(move || ids.with(|ids| !ids.is_empty()));
    view! {
        <LaterStyles />
        <div class="panel-title">
            <h2>"Nodes"</h2>
            <When holds=some>
                <span class="note">{done}" of "{memo(move || ids.with(Vec::len))}" done"</span>
            </When>
        </div>
        <div class="node-scroll" tabindex="0" role="group" aria-label="Progress of the nodes">
            <ol class="nodes" aria-label="Nodes">
                {rows(keys, row)}
            </ol>
            {part(move || match (some.get(), page.is_unreachable()) {
                (true, _) => ().into_any(),
                (false, false) => view! { <p class="note">"The nodes of this task are being looked up."</p> }.erased(),
                (false, true) => {
                    boundary.fail("Darkroom did not answer");
                    ().into_any()
                }
            })}
        </div>
    }
    .erased()
}

fn done(task: &Task) -> usize {
    task.nodes.iter().filter(|node| node.state.is_settled()).count()
}
