//! The control of a field, by its widget.

use leptos::prelude::*;

use super::{
    fields::{field_id, problem_of},
    numbers::{NumberControl, SeedControls},
    upload::UploadControl,
    values::{set, value},
};
use crate::components::{
    form::use_form,
    memo,
    reactive::{Erased, listener},
};
use proto::form::{FieldChoice, Form, FormField, Widget};

/// At most so many short choices are shown side by side.
const SEGMENTS: usize = 4;

pub(super) fn control(field: StoredValue<FormField>, form: StoredValue<Form>) -> AnyView {
    let choices = |list| form.with_value(|form| form.choices(list).to_vec());
    match field.with_value(|field| field.widget.clone()) {
        Widget::Prompt { placeholder, .. } => area(field, placeholder, 3),
        Widget::Json => area(field, None, 2),
        Widget::Text { placeholder } => line(field, placeholder),
        Widget::Remote { .. } => line(field, None),
        Widget::Number(bounds) => view! { <NumberControl field bounds /> }.erased(),
        Widget::Seed(bounds) => view! { <SeedControls field bounds /> }.erased(),
        Widget::Switch { on, off } => switch(field, on, off),
        Widget::Choice(list) => match choices(list) {
            few if is_short(&few) => segments(field, few),
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

/// Few enough to be shown side by side.
pub(super) fn is_short(choices: &[FieldChoice]) -> bool {
    (2..=SEGMENTS).contains(&choices.len()) && choices.iter().map(|choice| choice.value.chars().count()).sum::<usize>() <= 24
}

/// The signal of a field's value.
pub(super) fn text_of(field: StoredValue<FormField>) -> Memo<String> {
    let model = use_form();
    memo(move || field.with_value(|field| value(model, field)))
}

/// Sets a field's value.
pub(super) fn setter(field: StoredValue<FormField>) -> impl Fn(String) + Copy + 'static {
    let model = use_form();
    move |text: String| field.with_value(|field| set(model, field, &text))
}

/// "true" while the field has a problem.
pub(super) fn invalid(field: StoredValue<FormField>) -> Memo<Option<String>> {
    let problem = field.with_value(problem_of);
    memo(move || problem.with(Option::is_some).then(|| "true".into()))
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

fn line(field: StoredValue<FormField>, placeholder: Option<String>) -> AnyView {
    let (id, text, set) = (field.with_value(field_id), text_of(field), setter(field));
    view! {
        <input
            type="text"
            id=id.clone()
            placeholder=placeholder
            autocomplete="off"
            aria-invalid=invalid(field)
            aria-describedby=format!("{id}-problem")
            prop:value=text
            on:input=listener(move |event| set(event_target_value(&event)))
        />
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

/// "euler", or "euler · on 2 of 3".
pub(super) fn choice_words(choice: &FieldChoice) -> String {
    if choice.on.everywhere() { choice.value.clone() } else { format!("{} · on {} of {}", choice.value, choice.on.have, choice.on.of) }
}

fn segments(field: StoredValue<FormField>, choices: Vec<FieldChoice>) -> AnyView {
    let (id, text, set) = (field.with_value(field_id), text_of(field), setter(field));
    let segment = |(at, choice): (usize, FieldChoice)| {
        let words = choice_words(&choice);
        let choice_id = if at == 0 { id.clone() } else { format!("{id}-{at}") };
        let (shown, chosen) = (choice.value.clone(), choice.value);
        let is_it = memo(move || text.with(|text| *text == shown));
        view! {
            <input
                type="radio"
                class="visually-hidden"
                id=choice_id.clone()
                name=id.clone()
                prop:checked=is_it
                on:change=listener(move |_| set(chosen.clone()))
            />
            <label for=choice_id>{words}</label>
        }
        .erased()
    };
    view! {
        <div class="tabs" role="radiogroup" aria-labelledby=format!("{id}-label")>
            {choices.into_iter().enumerate().map(segment).collect_view()}
        </div>
    }
    .erased()
}

/// A value that is no choice stays, and is marked.
pub(super) fn select(field: StoredValue<FormField>, choices: Vec<FieldChoice>) -> AnyView {
    let (id, text, set) = (field.with_value(field_id), text_of(field), setter(field));
    let option = |choice: FieldChoice| {
        let (words, shown) = (choice_words(&choice), choice.value.clone());
        let is_it = memo(move || text.with(|text| *text == shown));
        view! { <option value=choice.value prop:selected=is_it>{words}</option> }.erased()
    };
    let known = StoredValue::new(choices.iter().map(|choice| choice.value.clone()).collect::<Vec<_>>());
    let unknown = memo(move || known.with_value(|known| text.with(|text| (!known.contains(text)).then(|| text.clone()))));
    view! {
        <select
            id=id.clone()
            aria-invalid=invalid(field)
            aria-describedby=format!("{id}-problem")
            on:change=listener(move |event| set(event_target_value(&event)))
        >
            {crate::components::part(move || unknown.get().map(|value| {
                let words = if value.is_empty() { "Choose…".to_owned() } else { format!("{value} (not there)") };
                view! { <option value=value selected=true>{words}</option> }.erased()
            }).into_any())}
            {choices.into_iter().map(option).collect_view()}
        </select>
    }
    .erased()
}

/// Several choices, stored as a JSON list of texts.
fn boxes(field: StoredValue<FormField>, choices: Vec<FieldChoice>) -> AnyView {
    let (id, text, set) = (field.with_value(field_id), text_of(field), setter(field));
    let chosen = memo(move || text.with(|text| serde_json::from_str::<Vec<String>>(text).unwrap_or_default()));
    let one = |choice: FieldChoice| {
        let (words, shown) = (choice_words(&choice), choice.value.clone());
        let is_in = memo(move || chosen.with(|chosen| chosen.contains(&shown)));
        let toggle = move |event: leptos::ev::Event| {
            let mut now = chosen.get_untracked();
            now.retain(|value| *value != choice.value);
            if event_target_checked(&event) {
                now.push(choice.value.clone());
            }
            set(serde_json::to_string(&now).unwrap_or_default());
        };
        view! { <label class="check"><input type="checkbox" prop:checked=is_in on:change=listener(toggle) />{words}</label> }.erased()
    };
    view! {
        <div class="boxes" id=id.clone() role="group" aria-labelledby=format!("{id}-label")>
            {choices.into_iter().map(one).collect_view()}
        </div>
    }
    .erased()
}
