//! Which parts of the workflow run, which of its results are wanted, and what is missing for it.

use leptos::{ev, prelude::*};

use crate::components::{
    form::use_form,
    memo,
    reactive::{Erased, listener},
};
use proto::{
    form::{FormOutput, FormStage, MissingClass},
    ids::NodeId,
};

/// Parts that can be switched off: what reads them then reads what they read.
#[component]
pub(super) fn Stages(stages: Vec<FormStage>) -> impl IntoView {
    let off = use_form().off;
    let boxes = stages.into_iter().map(|FormStage { node, title, class, .. }| node_box(node, title, class, off)).collect::<Vec<_>>();
    (!boxes.is_empty()).then(|| box_group("Parts of the workflow", "Without a part, its input goes on to what follows.", boxes))
}

/// Which results are wanted, if there are several.
#[component]
pub(super) fn Outputs(outputs: Vec<FormOutput>) -> impl IntoView {
    let unwanted = use_form().unwanted;
    let boxes = outputs.into_iter().map(|FormOutput { node, title, class, .. }| node_box(node, title, class, unwanted)).collect::<Vec<_>>();
    (boxes.len() > 1).then(|| box_group("Results", "Only what these need is run.", boxes))
}

fn box_group(title: &'static str, note: &'static str, boxes: Vec<AnyView>) -> AnyView {
    view! {
        <details class="more-fields">
            <summary>{title}</summary>
            <fieldset class="boxes">
                <legend class="note">{note}</legend>
                {boxes}
            </fieldset>
        </details>
    }
    .erased()
}

/// Checked unless the node is in the list.
fn node_box(node: NodeId, title: String, class: String, unchecked: RwSignal<Vec<String>>) -> AnyView {
    let id = node.0;
    let is_checked = {
        let id = id.clone();
        memo(move || !unchecked.with(|unchecked| unchecked.contains(&id)))
    };
    let toggle = move |event: ev::Event| {
        let checked = event_target_checked(&event);
        unchecked.update(|unchecked| {
            unchecked.retain(|node| *node != id);
            if !checked {
                unchecked.push(id.clone());
            }
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=is_checked on:change=listener(toggle) />
            {title.clone()}
            {(title != class).then(|| view! { <span class="note">{class}</span> }.erased())}
        </label>
    }
    .erased()
}

/// Node classes that no ComfyUI has, or not every one, and notes on the file.
#[component]
pub(super) fn Missing(missing: Vec<MissingClass>, notes: Vec<String>) -> impl IntoView {
    let words = |missing: MissingClass| {
        let titles = missing.titles.join(", ");
        let text = match (missing.on.have, missing.module) {
            (0, _) => format!("No ComfyUI has the node class {} ({titles}). Install the node pack it comes from.", missing.class),
            (have, Some(module)) => {
                format!("{} ({titles}) is on {have} of {} ComfyUIs, from {module}: it runs there.", missing.class, missing.on.of)
            }
            (have, None) => format!("{} ({titles}) is on {have} of {} ComfyUIs: it runs there.", missing.class, missing.on.of),
        };
        view! { <li class:bad=missing.on.have == 0>{text}</li> }.erased()
    };
    (!missing.is_empty() || !notes.is_empty()).then(|| {
        view! {
            <ul class="form-notes">
                {missing.into_iter().map(words).collect_view()}
                {notes.into_iter().map(|note| view! { <li>{note}</li> }.erased()).collect_view()}
            </ul>
        }
        .erased()
    })
}
