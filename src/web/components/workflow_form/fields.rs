//! The fields in their groups: the important ones, and the others folded away.

use leptos::prelude::*;

use super::{
    field::FieldRow,
    read::{FormState, read},
    save::{SavePanel, Saving},
    stages::{Missing, Outputs, Stages},
    values::next_seeds,
};
use crate::components::{form::use_form, part, reactive::Erased, words::count};
use crate::live::use_live;
use proto::{
    form::{Form, FormField},
    submit::WorkflowForm,
};

/// The form of the chosen workflow.
#[component]
pub fn WorkflowFields() -> impl IntoView {
    let (model, live) = (use_form(), use_live());
    let state = read(model, live);
    let saving = Saving::new(model);
    // After each submission.
    Effect::new(move |before: Option<u32>| {
        let sent = model.sent.get();
        if before.is_some_and(|before| before != sent)
            && let FormState::Known(known) = state.get_untracked()
        {
            next_seeds(model, &known.form);
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
        FormState::Known(known) => view! { <KnownForm known=*known saving /> }.erased(),
    })
}

#[component]
fn KnownForm(known: WorkflowForm, saving: Saving) -> impl IntoView {
    let WorkflowForm { form, nodes, listed } = known;
    let shown: Vec<&FormField> = form.fields.iter().filter(|field| !field.hidden).collect();
    let pinned = grouped(&form, shown.iter().copied().filter(|field| field.pinned));
    let rest: Vec<&FormField> = shown.iter().copied().filter(|field| !field.pinned).collect();
    let others = grouped(&form, rest.iter().copied());
    let all = rest.len();
    let more = usize::try_from(nodes).unwrap_or_default().saturating_sub(listed.len());
    let line = |(title, class): (String, String)| view! { <li><span>{title}</span><span class="note">{class}</span></li> }.erased();
    view! {
        <Missing missing=form.missing.clone() notes=form.notes.clone() />
        {pinned}
        {(all > 0).then(|| view! {
            <details class="more-fields">
                <summary>{count(all, "more setting", "more settings")}</summary>
                {others}
            </details>
        }.erased())}
        <Stages stages=form.stages.clone() />
        <Outputs outputs=form.outputs.clone() />
        <SavePanel saving />
        <details class="more-fields">
            <summary>{count(usize::try_from(nodes).unwrap_or_default(), "node", "nodes")}</summary>
            <ol class="file-nodes" tabindex="0" aria-label="Nodes in this file">
                {listed.into_iter().map(line).collect_view()}
                {(more > 0).then(|| view! { <li class="note">{format!("and {more} more")}</li> }.erased())}
            </ol>
        </details>
    }
    .erased()
}

/// The fields below the headings of their groups, each in the order of the form.
fn grouped<'a>(form: &Form, fields: impl Iterator<Item = &'a FormField>) -> AnyView {
    let fields: Vec<&FormField> = fields.collect();
    let form_signal = StoredValue::new(form.clone());
    let group = |(index, heading): (usize, &String)| {
        let of_group: Vec<FormField> =
            fields.iter().filter(|field| usize::from(field.group) == index).map(|field| (*field).clone()).collect();
        (!of_group.is_empty()).then(|| {
            view! {
                <fieldset class="field-group">
                    <legend>{heading.clone()}</legend>
                    {of_group.into_iter().map(|field| view! { <FieldRow field form=form_signal /> }.erased()).collect_view()}
                </fieldset>
            }
            .erased()
        })
    };
    form.groups.iter().enumerate().map(group).collect_view().into_any()
}
