//! Somebody else changed what was to be changed: theirs and yours, side by side.

use leptos::{html, prelude::*};
use serde_json::{Map, Value};

use super::client::{ProductionClient, ProductionConflict};
use crate::components::reactive::{Erased, listener, part};

/// Shown while there is such a change. It has the focus then.
#[component]
pub(super) fn ConflictPanel(client: ProductionClient) -> impl IntoView {
    part(move || match client.conflict.get() {
        Some(conflict) => view! { <Sides client conflict /> }.into_any(),
        None => ().into_any(),
    })
}

#[component]
fn Sides(client: ProductionClient, conflict: ProductionConflict) -> impl IntoView {
    let panel = NodeRef::<html::Section>::new();
    Effect::new(move |_| {
        if let Some(panel) = panel.get() {
            let _ = panel.focus();
        }
    });
    let rows = differences(conflict.change.fields(), &conflict.current)
        .into_iter()
        .map(|(field, yours, theirs)| view! { <tr><th scope="row">{field}</th><td>{yours}</td><td>{theirs}</td></tr> }.erased());
    let rows = rows.collect::<Vec<_>>();
    let table = (!rows.is_empty()).then(|| {
        view! {
            <table>
                <thead><tr><th scope="col">"What"</th><th scope="col">"Yours"</th><th scope="col">"Theirs"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .erased()
    });
    let words = conflict.words.clone();
    let conflict = StoredValue::new(conflict);
    view! {
        <section class="production-conflict card" role="alertdialog" aria-labelledby="conflict-title" tabindex="-1" node_ref=panel>
            <h2 id="conflict-title">"Somebody else changed it meanwhile"</h2>
            <p>{words}</p>
            {table}
            <p class="production-buttons">
                <button type="button" class="button accent" on:click=listener(move |_| client.keep_mine(conflict.get_value()))>"Keep mine"</button>
                <button type="button" class="button" on:click=listener(move |_| client.take_theirs(&conflict.get_value()))>"Take theirs"</button>
            </p>
        </section>
    }
    .into_any()
}

/// The fields that would change, with what they would be and what they are.
fn differences(fields: &str, current: &str) -> Vec<(String, String, String)> {
    let read = |text| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let current = read(current);
    let words = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let of = |(field, yours): (String, Value)| {
        let theirs = words(current.get(&field));
        (field.replace('_', " "), words(Some(&yours)), theirs)
    };
    read(fields).into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::differences;

    #[test]
    fn what_would_change_is_beside_what_is() {
        let found = differences(r#"{"base_prompt":"a","rating":3}"#, r#"{"base_prompt":"b","version":4}"#);
        let text = |text: &str| text.to_owned();
        assert_eq!(found, [(text("base prompt"), text("a"), text("b")), (text("rating"), text("3"), text("–"))]);
    }
}
