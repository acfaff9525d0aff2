//! Fetches the workflow of a task, unless the document came with it, and shows the parts of it.

use leptos::{prelude::*, task::spawn_local};

use super::{files::WorkflowFiles, graph::GraphView, loaded::LoadedWorkflow, timeline::Timeline};
use crate::{
    api::fetch_task_workflow,
    components::{
        boundary::Boundary,
        later_styles::LaterStyles,
        reactive::{Erased, memo, part},
    },
    live::use_live,
};
use proto::{graph::TaskWorkflow, ids::TaskId, link::LinkState};

/// Graph, timeline, inputs and files of a task.
#[component]
pub fn TaskWorkflowPanels(task: TaskId) -> impl IntoView {
    let live = use_live();
    let known = RwSignal::new(LoadedWorkflow::first(task));
    let reachable = memo(move || matches!(live.connection().state, LinkState::Connected | LinkState::Polling { .. }));
    // A workflow never changes: it is fetched once, and tried again when Darkroom is back.
    Effect::new(move |_| {
        reachable.with(|_| ());
        if known.with_untracked(|known| matches!(known, LoadedWorkflow::Here(_))) {
            return;
        }
        spawn_local(async move {
            let now = match fetch_task_workflow(task).await {
                Ok(Ok(Some(workflow))) => LoadedWorkflow::Here(workflow),
                Ok(Ok(None)) => LoadedWorkflow::Failed("This task was removed.".into()),
                Ok(Err(why)) => LoadedWorkflow::Failed(why),
                Err(_) => LoadedWorkflow::Failed("Darkroom did not answer. It is asked again when it can be reached.".into()),
            };
            let _ = known.try_set(now);
        });
    });
    view! {
        <LaterStyles />
        <section class="card task-graph" aria-labelledby="task-graph">
            <h2 id="task-graph">"Graph"</h2>
            <Boundary name="The graph">
                {part(move || match known.get() {
                    LoadedWorkflow::Loading => view! { <p class="note with-script" role="status">"Loading…"</p> }.erased(),
                    LoadedWorkflow::Failed(why) => view! { <p class="note" role="status">{why}</p> }.erased(),
                    LoadedWorkflow::Here(workflow) => view! { <GraphView task graph=workflow.graph /> }.erased(),
                })}
            </Boundary>
        </section>
        <Boundary name="The timeline"><Timeline task /></Boundary>
        <Inputs known />
        <WorkflowFiles task known />
    }
    .erased()
}

/// The important values of the workflow. Nothing for the built-in form, whose settings are shown beside.
#[component]
fn Inputs(known: RwSignal<LoadedWorkflow>) -> impl IntoView {
    part(move || {
        let LoadedWorkflow::Here(TaskWorkflow { inputs, .. }) = known.get() else { return ().into_any() };
        if inputs.is_empty() {
            return ().into_any();
        }
        let row = |(label, value): (String, String)| view! { <div><dt>{label}</dt><dd>{value}</dd></div> }.erased();
        view! {
            <section class="card task-inputs" aria-labelledby="task-inputs">
                <h2 id="task-inputs">"Inputs"</h2>
                <dl class="facts">{inputs.into_iter().map(row).collect_view()}</dl>
            </section>
        }
        .erased()
    })
}
