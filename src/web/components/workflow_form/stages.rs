//! Which parts of the workflow run, which of its results are wanted, and what is missing for it.

use leptos::prelude::*;

use crate::components::{
    form::use_form,
    memo,
    reactive::{Erased, listener},
};
use proto::form::{FormOutput, FormStage, MissingClass};

/// Parts that can be switched off: what reads them then reads what they read.
#[component]
pub(super) fn Stages(stages: Vec<FormStage>) -> impl IntoView {
    let model = use_form();
    let stage = |FormStage { node, title, class, .. }: FormStage| {
        let id = node.as_str().to_owned();
        let is_on = {
            let id = id.clone();
            memo(move || !model.off.with(|off| off.contains(&id)))
        };
        let toggle = move |event: leptos::ev::Event| {
            let on = event_target_checked(&event);
            model.off.update(|off| {
                off.retain(|node| *node != id);
                if !on {
                    off.push(id.clone());
                }
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=is_on on:change=listener(toggle) />
                {title.clone()}
                {(title != class).then(|| view! { <span class="note">{class}</span> }.erased())}
            </label>
        }
        .erased()
    };
    (!stages.is_empty()).then(|| {
        view! {
            <details class="more-fields">
                <summary>"Parts of the workflow"</summary>
                <fieldset class="boxes">
                    <legend class="note">"Without a part, its input goes on to what follows."</legend>
                    {stages.into_iter().map(stage).collect_view()}
                </fieldset>
            </details>
        }
        .erased()
    })
}

/// Which results are wanted, if there are several.
#[component]
pub(super) fn Outputs(outputs: Vec<FormOutput>) -> impl IntoView {
    let model = use_form();
    let output = |FormOutput { node, title, class, .. }: FormOutput| {
        let id = node.as_str().to_owned();
        let is_wanted = {
            let id = id.clone();
            memo(move || model.unwanted.with(|unwanted| !unwanted.contains(&id)))
        };
        let toggle = move |event: leptos::ev::Event| {
            let wanted = event_target_checked(&event);
            model.unwanted.update(|unwanted| {
                unwanted.retain(|node| *node != id);
                if !wanted {
                    unwanted.push(id.clone());
                }
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=is_wanted on:change=listener(toggle) />
                {title.clone()}
                {(title != class).then(|| view! { <span class="note">{class}</span> }.erased())}
            </label>
        }
        .erased()
    };
    (outputs.len() > 1).then(|| {
        view! {
            <details class="more-fields">
                <summary>"Results"</summary>
                <fieldset class="boxes">
                    <legend class="note">"Only what these need is run."</legend>
                    {outputs.into_iter().map(output).collect_view()}
                </fieldset>
            </details>
        }
        .erased()
    })
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
