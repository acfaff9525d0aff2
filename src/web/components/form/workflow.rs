//! A workflow file in API format: chosen, or dropped anywhere on the page.

use leptos::{html, prelude::*};

use super::{
    drop::load_chosen,
    file::{WorkflowFile, WorkflowSummary},
    model::use_form,
};
use crate::components::reactive::{Erased, When, listener, memo, part};
use crate::components::{
    icon::{Glyph, Icon},
    words::count,
};

/// The file chooser, and a summary of the chosen file.
#[component]
pub(super) fn WorkflowChooser() -> impl IntoView {
    let form = use_form();
    let input = NodeRef::<html::Input>::new();
    // A file may have been chosen before the page was hydrated.
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            load_chosen(form, &input);
        }
    });
    let remove = move |_| {
        form.file.set(None);
        form.refusal.set(None);
        if let Some(input) = input.get_untracked() {
            input.set_value("");
            let _ = input.focus();
        }
    };
    let chosen = memo(move || form.file.with(Option::is_some));
    view! {
        <div class="drop-zone" class:chosen=chosen>
            <Icon glyph=Glyph::File />
            <label for="workflow">"Workflow file"</label>
            <p class="note" id="workflow-help">
                "A .json file from ComfyUI: Workflow → Export (API), or a picture that it made. "<span class="with-script">"Choose it, or drop it anywhere on this page."</span>
            </p>
            <input
                type="file"
                id="workflow"
                name="workflow"
                accept=".json,.png,.webp,.jpg,.jpeg"
                aria-describedby="workflow-help"
                node_ref=input
                on:change=listener(move |_| {
                    if let Some(input) = input.get_untracked() {
                        load_chosen(form, &input);
                    }
                })
            />
        </div>
        {part(move || form.file.get().map(|file| view! { <FileCard file /> }.erased()).into_any())}
        <When holds=chosen>
            <button type="button" class="button" on:click=remove>"Remove file"</button>
        </When>
    }.erased()
}

#[component]
fn FileCard(file: WorkflowFile) -> impl IntoView {
    let WorkflowFile { name, read, notes, .. } = file;
    match read {
        Ok(WorkflowSummary { count: nodes, first }) => {
            let more = nodes.saturating_sub(first.len());
            let line = |(title, class): (String, String)| view! { <li><span>{title}</span><span class="note">{class}</span></li> }.erased();
            view! {
                <div class="file-card">
                    <p class="file-name">{name}</p>
                    <p class="note" role="status">{count(nodes, "node", "nodes")}</p>
                    <p class="note">{notes.join(" ")}</p>
                    <ol class="file-nodes" tabindex="0" aria-label="Nodes in this file">
                        {first.into_iter().map(line).collect_view()}
                        {(more > 0).then(|| view! { <li class="note">{format!("and {more} more")}</li> }.erased())}
                    </ol>
                </div>
            }
            .erased()
        }
        Err(why) => view! {
            <div class="file-card bad" role="alert">
                <p class="file-name">{name}</p>
                <p>{why}</p>
            </div>
        }
        .erased(),
    }
}
