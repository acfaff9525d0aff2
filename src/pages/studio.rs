//! Studio: what to make on the left, the picture developing in the middle, every node on the right.

use crate::components::reactive::Erased;
use crate::components::{memo, part};
use leptos::prelude::*;

use crate::{
    components::{Boundary, EmptyStage, Lookup, MakePanel, NodePanel, Stage, Takes, TaskFacts, look_up, use_visit},
    proto::ids::TaskId,
};

/// The page where pictures are made.
#[component]
pub fn StudioPage() -> impl IntoView {
    let visit = use_visit();
    let shown = memo(move || visit.shown());
    let lookup = look_up(move || shown.get());
    // The task in the middle, as soon as it is here.
    let here = memo(move || shown.get().filter(|_| lookup.get() == Lookup::Here));
    view! {
        <div class="studio">
            <h1 class="visually-hidden">"Studio"</h1>
            <Boundary name="The form"><MakePanel /></Boundary>
            <div class="studio-middle">
                {part(move || match here.get() {
                    Some(task) => view! { <Stage task /> }.erased(),
                    None => view! { <EmptyStage /> }.erased(),
                })}
                <Boundary name="The row of takes"><Takes /></Boundary>
            </div>
            <aside class="studio-nodes card" aria-label="Nodes of this task">
                {part(move || match here.get() {
                    Some(task) => view! { <Nodes task /> }.erased(),
                    None => view! {
                        <div class="panel-title"><h2>"Nodes"</h2></div>
                        <p class="note">"Each step of the workflow is listed here while it runs, with the time it takes."</p>
                    }.erased(),
                })}
            </aside>
        </div>
    }
    .erased()
}

#[component]
fn Nodes(task: TaskId) -> impl IntoView {
    view! {
        <NodePanel task />
        <Boundary name="What is known of the task"><TaskFacts task /></Boundary>
    }
    .erased()
}
