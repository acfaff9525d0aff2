//! The sheet that shows all keys.

use leptos::{ev, html, prelude::*};

use super::table::{KEYS, KeyRow, other};
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
    for row in KEYS {
        if !places.contains(&row.place) {
            places.push(row.place);
        }
    }
    let bindings = RwSignal::new(KeyBindings::load());
    let line = move |row: &KeyRow| view! { <KeyLine bindings command=row.command() usual=row.keys words=row.words other /> }.erased();
    let section = |place: &&'static str| {
        let rows = KEYS.iter().filter(|row| row.place == *place).map(line).collect_view();
        view! { <section><h3>{*place}</h3><dl>{rows}</dl></section> }.erased()
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
