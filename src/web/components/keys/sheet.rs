//! The sheet that shows all keys.

use leptos::{ev, html, prelude::*};

use super::{
    parts::{PART_KEYS, PartKeys},
    table::{KEYS, KeyRow, other},
};
use crate::components::{
    icon::{Glyph, Icon},
    key_bindings::{KeyBindings, KeyLine},
    later_styles::LaterStyles,
    reactive::{Erased, listener},
};

/// A dialog over the page. `shown` is set to false when it is closed.
#[component]
pub fn KeySheet(shown: RwSignal<bool>) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    // Modal: the focus stays in it, and goes back to where it was.
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            let _ = dialog.show_modal();
        }
    });
    let mut places: Vec<&'static str> = Vec::new();
    for place in KEYS.iter().map(|row| row.place).chain(PART_KEYS.iter().map(|part| part.place)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let bindings = RwSignal::new(KeyBindings::load());
    let line = move |row: &KeyRow| view! { <KeyLine bindings command=row.command() usual=row.keys words=row.words other /> }.erased();
    // These cannot be changed.
    let fixed = move |part: &PartKeys| view! { <KeyLine bindings command=None usual=part.keys words=part.words other /> }.erased();
    let section = |place: &&'static str| {
        let rows = KEYS.iter().filter(|row| row.place == *place).map(line).collect_view();
        let parts = PART_KEYS.iter().filter(|part| part.place == *place).map(fixed).collect_view();
        view! { <section><h3>{*place}</h3><dl>{rows}{parts}</dl></section> }.erased()
    };
    view! {
        <LaterStyles />
        <dialog class="keys card" aria-labelledby="keys-title" node_ref=dialog on:close=listener(move |_: ev::Event| shown.set(false))>
            <div class="keys-head">
                <h2 id="keys-title">"Keys"</h2>
                <button type="button" class="icon-button" aria-label="Close" on:click=listener(move |_| shown.set(false))>
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
            <p class="note">"Single keys work while no text is typed. Settings has a switch for them. Changes are for this browser."</p>
            {places.iter().map(section).collect_view()}
        </dialog>
    }
    .erased()
}
