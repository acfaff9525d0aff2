//! The control of a field, by its widget.

use leptos::prelude::*;

use super::{
    choices::{boxes, is_short, segments, select},
    combobox::{SEARCHED, combobox},
    handle::{field_id, invalid, setter, text_of},
    line::line,
    numbers::{NumberControl, SeedControls},
    remote::remote,
    upload::UploadControl,
};
use crate::components::{
    memo,
    reactive::{Erased, listener},
};
use proto::form::{FieldChoice, Form, FormField, Widget};

pub(super) fn control(field: StoredValue<FormField>, form: StoredValue<Form>) -> AnyView {
    let choices = |list| form.with_value(|form| form.choices(list).to_vec());
    match field.with_value(|field| field.widget.clone()) {
        Widget::Prompt { placeholder, .. } => area(field, placeholder, 3),
        Widget::Json => area(field, None, 2),
        Widget::Text { placeholder } => line(field, placeholder),
        Widget::Remote { .. } => remote(field),
        Widget::Number(bounds) => view! { <NumberControl field bounds /> }.erased(),
        Widget::Seed(bounds) => view! { <SeedControls field bounds /> }.erased(),
        Widget::Switch { on, off } => switch(field, on, off),
        Widget::Choice(list) => match choices(list) {
            few if is_short(&few) => segments(field, few),
            many if many.len() > SEARCHED => combobox(field, many),
            choices => select(field, choices),
        },
        Widget::DynamicChoice(keys) => {
            let everywhere = |value: String| FieldChoice { value, on: Default::default() };
            select(field, keys.into_iter().map(everywhere).collect())
        }
        Widget::ManyOf(list) => boxes(field, choices(list)),
        Widget::Upload { kind, choices: list, .. } => view! { <UploadControl field kind choices=choices(list) /> }.erased(),
        Widget::Colour => colour(field),
    }
}

fn area(field: StoredValue<FormField>, placeholder: Option<String>, rows: u8) -> AnyView {
    let (id, text, set) = (field.with_value(field_id), text_of(field), setter(field));
    let is_json = field.with_value(|field| field.widget == Widget::Json);
    view! {
        <textarea
            id=id.clone()
            class:mono=is_json
            rows=rows.to_string()
            placeholder=placeholder
            spellcheck=if is_json { "false" } else { "true" }
            aria-invalid=invalid(field)
            aria-describedby=format!("{id}-problem")
            prop:value=text
            on:input=listener(move |event| set(event_target_value(&event)))
        ></textarea>
    }
    .erased()
}

fn colour(field: StoredValue<FormField>) -> AnyView {
    let (id, text, set) = (field.with_value(field_id), text_of(field), setter(field));
    view! {
        <input type="color" id=id aria-invalid=invalid(field) prop:value=text on:input=listener(move |event| set(event_target_value(&event))) />
    }
    .erased()
}

fn switch(field: StoredValue<FormField>, on: Option<String>, off: Option<String>) -> AnyView {
    let (id, text, set) = (field.with_value(field_id), text_of(field), setter(field));
    let is_on = memo(move || text.with(|text| text == "true"));
    let words =
        memo(move || if is_on.get() { on.clone().unwrap_or_else(|| "On".into()) } else { off.clone().unwrap_or_else(|| "Off".into()) });
    view! {
        <span class="switch">
            <input
                type="checkbox"
                role="switch"
                id=id
                prop:checked=is_on
                on:change=listener(move |event| set(event_target_checked(&event).to_string()))
            />
            <span aria-hidden="true">{words}</span>
        </span>
    }
    .erased()
}
