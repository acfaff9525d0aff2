//! A text of one line.

use leptos::prelude::*;

use super::handle::{field_id, invalid, setter, text_of};
use crate::components::reactive::{Erased, listener};
use proto::form::FormField;

pub(super) fn line(field: StoredValue<FormField>, placeholder: Option<String>) -> AnyView {
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
