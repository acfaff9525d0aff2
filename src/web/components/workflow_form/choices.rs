//! Choices: side by side, as a list, and several at once.

use leptos::prelude::*;

use super::handle::{field_id, invalid, setter, text_of};
use crate::components::{
    memo, part,
    reactive::{Erased, listener},
};
use proto::form::{FieldChoice, FormField};

/// At most so many short choices are shown side by side.
const SEGMENTS: usize = 4;

/// Few enough to be shown side by side.
pub(super) fn is_short(choices: &[FieldChoice]) -> bool {
    (2..=SEGMENTS).contains(&choices.len()) && choices.iter().map(|choice| choice.value.chars().count()).sum::<usize>() <= 24
}

/// "euler", or "euler · on 2 of 3".
pub(super) fn choice_words(choice: &FieldChoice) -> String {
    if choice.on.everywhere() { choice.value.clone() } else { format!("{} · on {} of {}", choice.value, choice.on.have, choice.on.of) }
}

pub(super) fn segments(field: StoredValue<FormField>, choices: Vec<FieldChoice>) -> AnyView {
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
            {part(move || unknown.get().map(|value| {
                let words = if value.is_empty() { "Choose…".to_owned() } else { format!("{value} (not there)") };
                view! { <option value=value selected=true>{words}</option> }.erased()
            }).into_any())}
            {choices.into_iter().map(option).collect_view()}
        </select>
    }
    .erased()
}

/// Several choices, stored as a JSON list of texts.
pub(super) fn boxes(field: StoredValue<FormField>, choices: Vec<FieldChoice>) -> AnyView {
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
