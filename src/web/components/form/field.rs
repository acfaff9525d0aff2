//! One field with its label and its problem.

use leptos::prelude::*;

use super::model::use_form;
use crate::components::reactive::{Erased, listener, memo, part};
use proto::recipe::Field;

/// Label, control and problem. The child is the control.
#[component]
pub(super) fn FieldBox(field: Field, children: Children) -> impl IntoView {
    let form = use_form();
    let problem = memo(move || form.problem(field));
    view! {
        <div class="field" data-field=field.name()>
            <label for=field.name()>{field.label()}</label>
            {children()}
            <p class="field-problem" id=problem_id(field) hidden=memo(move || problem.with(Option::is_none))>{problem}</p>
        </div>
    }
    .erased()
}

pub(super) fn problem_id(field: Field) -> String {
    format!("{}-problem", field.name())
}

/// "true" while the field has a problem, for `aria-invalid`.
pub(super) fn invalid(field: Field) -> Memo<Option<String>> {
    let form = use_form();
    memo(move || form.problem(field).map(|_| "true".into()))
}

/// The id of the problem while there is one, for `aria-describedby`.
pub(super) fn described_by(field: Field) -> Memo<Option<String>> {
    let form = use_form();
    memo(move || form.problem(field).map(|_| problem_id(field)))
}

/// Some lines of text.
#[component]
pub(crate) fn TextField(field: Field, rows: u8, placeholder: &'static str) -> impl IntoView {
    let form = use_form();
    let value = form.value(field);
    view! {
        <FieldBox field>
            <textarea
                id=field.name()
                name=field.name()
                rows=rows.to_string()
                placeholder=placeholder
                aria-invalid=invalid(field)
                aria-describedby=described_by(field)
                inner_html=escaped(&value.get_untracked())
                prop:value=value
                on:input=listener(move |event| form.edit(field, event_target_value(&event)))
            ></textarea>
        </FieldBox>
    }
    .erased()
}

/// A number, stored as the text that was typed: a seed has more digits than JavaScript's numbers.
#[component]
pub(crate) fn NumberField(field: Field, min: &'static str, max: &'static str, step: &'static str) -> impl IntoView {
    let form = use_form();
    let value = form.value(field);
    view! {
        <FieldBox field>
            <input
                type="number"
                id=field.name()
                name=field.name()
                min=min
                max=max
                step=step
                inputmode="decimal"
                autocomplete="off"
                aria-invalid=invalid(field)
                aria-describedby=described_by(field)
                value=value.get_untracked()
                prop:value=value
                on:input=listener(move |event| form.edit(field, event_target_value(&event)))
            />
        </FieldBox>
    }
    .erased()
}

/// A choice of what the backends offer. The chosen value stays, even when they no longer offer it.
#[component]
pub(crate) fn SelectField(#[prop(into)] offered: Signal<Vec<String>>, field: Field, none: &'static str) -> impl IntoView {
    let form = use_form();
    let value = form.value(field);
    let choices = memo(move || {
        let mut choices = offered.get();
        let chosen = value.get();
        if !chosen.is_empty() && !choices.contains(&chosen) {
            choices.insert(0, chosen);
        }
        choices
    });
    let option = move |name: String| {
        let is_it = {
            let name = name.clone();
            memo(move || value.with(|value| *value == name))
        };
        view! { <option value=name.clone() selected=is_it prop:selected=is_it>{shown_name(&name)}</option> }.erased()
    };
    view! {
        <FieldBox field>
            <select
                id=field.name()
                name=field.name()
                aria-invalid=invalid(field)
                aria-describedby=described_by(field)
                on:change=listener(move |event| form.edit(field, event_target_value(&event)))
            >
                {part(move || if choices.with(Vec::is_empty) {
                    view! { <option value="">{none}</option> }.erased()
                } else {
                    choices.get().into_iter().map(option).collect_view().into_any()
                })}
            </select>
        </FieldBox>
    }
    .erased()
}

/// The name of a checkpoint without its file extension.
fn shown_name(name: &str) -> String {
    name.trim_end_matches(".safetensors").trim_end_matches(".ckpt").to_owned()
}

/// Escapes text for the inside of an element. A leading line break is doubled, since HTML parsers drop one.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    if text.starts_with('\n') { format!("\n{text}") } else { text }
}
