//! Saved workflows: the list of them, and opening one.

use leptos::{prelude::*, task::spawn_local};

use super::arrangement::set_arrangement;
use crate::{
    api::{fetch_saved_workflows, open_saved_workflow},
    components::{
        boundary::use_boundary,
        form::{FormKind, FormModel, WorkflowFile, use_form},
        later_styles::LaterStyles,
        memo, part,
        reactive::{Erased, listener},
        words::count,
    },
    live::use_live,
};
use proto::{
    ids::{NodeId, WorkflowId},
    link::LinkState,
    submit::SavedWorkflowName,
};

/// The list; nothing while none is saved.
#[component]
pub fn SavedWorkflows() -> impl IntoView {
    let (model, live) = (use_form(), use_live());
    let saved = RwSignal::new(Vec::<SavedWorkflowName>::new());
    let boundary = use_boundary();
    let connected = memo(move || live.connection().state == LinkState::Connected);
    Effect::new(move |_| {
        // Read, not only tracked: a memo that nobody reads follows nothing.
        connected.with(|_| ());
        spawn_local(async move {
            match fetch_saved_workflows().await {
                Ok(Ok(names)) => drop(saved.try_set(names)),
                Ok(Err(why)) => boundary.fail(&why),
                // It is fetched again with the next connection.
                Err(_) => {}
            }
        });
    });
    let line = move |SavedWorkflowName { id, name, version, .. }: SavedWorkflowName| {
        view! {
            <li>
                <button type="button" class="saved-workflow" on:click=listener(move |_| open_saved(model, id))>
                    <span>{name}</span>
                    <span class="note">{count(version as usize, "version", "versions")}</span>
                </button>
            </li>
        }
        .erased()
    };
    part(move || {
        let names = saved.get();
        if names.is_empty() {
            return ().into_any();
        }
        view! {
            <section class="saved-workflows" aria-labelledby="saved-workflows">
                <LaterStyles />
                <h3 id="saved-workflows">"Saved workflows"</h3>
                <ul>{names.into_iter().map(line).collect_view()}</ul>
            </section>
        }
        .erased()
    })
}

/// Opens a saved workflow in the form.
pub fn open_saved(model: FormModel, id: WorkflowId) {
    model.kind.set(FormKind::Workflow);
    spawn_local(async move {
        let file = match open_saved_workflow(id).await {
            Ok(Ok(opened)) => {
                let texts = |nodes: Vec<NodeId>| nodes.into_iter().map(|node| node.0).collect();
                let mut file = WorkflowFile::new(opened.saved.name, opened.json, Vec::new());
                file.saved = Some((opened.saved.id, opened.saved.revision));
                model.choose_file(Some(file));
                model.off.set(texts(opened.off));
                model.unwanted.set(texts(opened.unwanted));
                set_arrangement(model, &opened.arrangement);
                return;
            }
            Ok(Err(why)) => WorkflowFile::unreadable("Saved workflow".into(), why),
            Err(_) => WorkflowFile::unreadable("Saved workflow".into(), "Darkroom cannot be reached. Open it when it can be.".into()),
        };
        model.choose_file(Some(file));
    });
}
