//! The form of the chosen workflow: its fields, or their arrangement, and what belongs to the workflow as a whole.

use std::collections::HashSet;

use leptos::prelude::*;

use super::{
    arrange::{ArrangeButton, ArrangePanel, Arranging},
    arrangement::arranged,
    groups::filled,
    lora_lists::{LoraLists, lora_nodes},
    read::{FormState, read},
    save::{SavePanel, Saving},
    stages::{Outputs, PartNotes, Stages, missing},
    values::next_seeds,
};
use crate::components::{form::use_form, later_styles::LaterStyles, memo, part, reactive::Erased, words::count};
use crate::live::use_live;
use proto::{ids::NodeId, submit::WorkflowForm};

/// The form of the chosen workflow.
#[component]
pub fn WorkflowFields() -> impl IntoView {
    let (model, live) = (use_form(), use_live());
    let state = read(model, live);
    let (saving, arranging) = (Saving::new(model), Arranging::new(model));
    // After each submission.
    Effect::new(move |before: Option<u32>| {
        let sent = model.sent.get();
        if before.is_some_and(|before| before != sent)
            && let FormState::Known(known) = state.get_untracked()
        {
            next_seeds(model, &untrack(|| arranged(model, &known.form)));
        }
        sent
    });
    part(move || match state.get() {
        FormState::Loading => view! { <p class="note" role="status">"Reading the workflow…"</p> }.erased(),
        FormState::Away => view! {
            <p class="note" role="status">"Its settings are shown when Darkroom can be reached. It can be sent as it is."</p>
        }
        .erased(),
        FormState::Refused(why) => view! { <p class="field-problem" role="alert">{why}</p> }.erased(),
        FormState::Known(known) => view! { <KnownForm known=*known saving arranging /> }.erased(),
    })
}

#[component]
fn KnownForm(known: WorkflowForm, saving: Saving, arranging: Arranging) -> impl IntoView {
    let model = use_form();
    let WorkflowForm { form, nodes, listed } = known;
    // They are in lists of their own.
    let loras: HashSet<NodeId> = lora_nodes(&form);
    let stages = form.stages.iter().filter(|stage| !loras.contains(&stage.node)).cloned().collect();
    let (outputs, lacking, has_fields) = (form.outputs.clone(), form.missing.clone(), !form.fields.is_empty());
    let (base, left_out) = (StoredValue::new(form), StoredValue::new(loras));
    let now = memo(move || base.with_value(|base| arranged(model, base)));
    let notes = memo(move || now.with(|form| form.notes.clone()));
    let changes = PartNotes::of(model);
    let more = usize::try_from(nodes).unwrap_or_default().saturating_sub(listed.len());
    let line = |(title, class): (String, String)| view! { <li><span>{title}</span><span class="note">{class}</span></li> }.erased();
    view! {
        <LaterStyles />
        {part(move || missing(&lacking, notes.get()))}
        {has_fields.then(|| view! { <ArrangeButton arranging /> }.erased())}
        {part(move || if arranging.on.get() {
            view! { <ArrangePanel base now left_out arranging /> }.erased()
        } else {
            now.with(|form| left_out.with_value(|left_out| filled(form, left_out)))
        })}
        <LoraLists form=base />
        <Stages stages changes />
        <Outputs outputs changes />
        <SavePanel saving />
        <details class="more-fields">
            <summary>{count(usize::try_from(nodes).unwrap_or_default(), "node", "nodes")}</summary>
            <ol class="file-nodes" tabindex="0" aria-label="Nodes in this file">
                {listed.into_iter().map(line).collect_view()}
                {(more > 0).then(|| view! { <li class="note">{format!("and {more} more")}</li> }.erased())}
            </ol>
        </details>
    }
    .into_any()
}
