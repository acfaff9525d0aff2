//! Somebody else changed what was to be changed: theirs and yours, side by side.

use leptos::{html, prelude::*};
use serde_json::Value;

use super::{
    client::{ProductionClient, ProductionConflict},
    theirs::{contested, contested_table},
    words::{review_words, take_review_words},
};
use crate::components::reactive::{listener, part};

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
    let table = contested_table(contested(conflict.change.fields(), &conflict.current, status_words));
    let words = conflict.words.clone();
    let conflict = StoredValue::new(conflict);
    view! {
        <section class="production-conflict card" role="alertdialog" aria-labelledby="conflict-title" tabindex="-1" node_ref=panel>
            <h2 id="conflict-title">"Your change was not saved"</h2>
            <p>{words}</p>
            {table}
            <p class="production-buttons">
                <button type="button" class="button accent" on:click=listener(move |_| client.keep_mine(conflict.get_value()))>"Overwrite"</button>
                <button type="button" class="button" on:click=listener(move |_| client.take_theirs(&conflict.get_value()))>"Take theirs"</button>
            </p>
        </section>
    }
    .into_any()
}

/// Where people are with it, in their words.
fn status_words(field: &str, value: &Value) -> Option<String> {
    let word = value.as_str()?;
    match field {
        "status" => Some(review_words(word.parse().ok()?).to_owned()),
        "review" => Some(take_review_words(word.parse().ok()?).to_owned()),
        _ => None,
    }
}
