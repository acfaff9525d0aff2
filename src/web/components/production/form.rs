//! Forms that work without JavaScript, and are sent as changes with it.

use leptos::{ev, prelude::*};

use crate::components::reactive::{Erased, listener};

/// A form of one button. `fields`: hidden ones. `act`: what it does with JavaScript.
pub(super) fn button_form(
    action: String,
    fields: Vec<(&'static str, String)>,
    class: &'static str,
    label: Option<String>,
    content: AnyView,
    act: impl Fn() + 'static,
) -> AnyView {
    view! {
        <form method="post" action=action class="production-one" on:submit=on_submit(act)>
            {hidden(fields)}
            <button class=class aria-label=label>{content}</button>
        </form>
    }
    .erased()
}

pub(super) fn hidden(fields: Vec<(&'static str, String)>) -> Vec<AnyView> {
    fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }.erased()).collect()
}

/// In place of sending the form.
pub(super) fn on_submit(act: impl Fn() + 'static) -> Box<dyn FnMut(ev::SubmitEvent)> {
    listener(move |event: ev::SubmitEvent| {
        event.prevent_default();
        act();
    })
}

/// Fields as JSON.
pub(super) fn fields(list: &[(&str, serde_json::Value)]) -> String {
    let map: serde_json::Map<String, serde_json::Value> = list.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    serde_json::Value::Object(map).to_string()
}
