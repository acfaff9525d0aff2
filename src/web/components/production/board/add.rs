//! The form for a new chapter, scene or shot.

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};
use serde_json::json;

use super::model::BoardModel;
use crate::components::{
    production::form::{fields, hidden, on_submit},
    reactive::{Erased, listener},
};
use proto::production::{ObjectKind, ProductionChange};

/// Opened by its button. It stays open, so that one can be added after another; Escape closes it, and going on elsewhere.
#[component]
pub(super) fn AddForm(model: BoardModel, kind: ObjectKind, parent: String, action: String, label: &'static str) -> impl IntoView {
    let (details, title) = (NodeRef::<html::Details>::new(), NodeRef::<html::Input>::new());
    let id = format!("add-{}-{parent}", kind.word());
    let parent_field = (!parent.is_empty()).then(|| parent.clone());
    let hidden_fields = vec![("do", "create".to_owned()), ("kind", kind.word().to_owned()), ("parent", parent.clone())];
    let act = move || {
        let Some(field) = title.get_untracked() else { return };
        let change = ProductionChange::Create {
            project: model.project,
            kind,
            parent: parent_field.clone(),
            name: None,
            before: None,
            fields: fields(&[("title", json!(field.value()))]),
        };
        model.client.send("Not added", change, move |event| {
            model.changed(event);
            if let Some(field) = title.try_get_untracked().flatten() {
                field.set_value("");
                let _ = field.focus();
            }
        });
    };
    let opened = move |_: ev::Event| {
        if let (Some(details), Some(field)) = (details.get_untracked(), title.get_untracked())
            && details.open()
        {
            let _ = field.focus();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape"
            && let Some(details) = details.get_untracked()
        {
            event.stop_propagation();
            details.set_open(false);
        }
    };
    // It lies over what is below it: whoever goes on elsewhere has done with it.
    let left = move |event: ev::FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        if let (Some(to), Some(details)) = (to, details.get_untracked())
            && !details.contains(Some(&to))
        {
            details.set_open(false);
        }
    };
    let required = kind != ObjectKind::Shot;
    view! {
        <details class="board-add" node_ref=details on:toggle=listener(opened) on:keydown=listener(on_key) on:focusout=listener(left)>
            <summary class="button">{label}</summary>
            <form class="board-pop" method="post" action=action on:submit=on_submit(act)>
                {hidden(hidden_fields)}
                <label for=id.clone()>"Title"</label>
                <input id=id name="title" maxlength="200" autocomplete="off" required=required node_ref=title />
                <button class="button accent">"Add"</button>
            </form>
        </details>
    }
    .erased()
}
