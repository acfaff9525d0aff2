//! A button for what cannot be undone: it asks first.

use leptos::{ev, prelude::*};

use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, listener, part},
};

/// After the first click there are two buttons in its place: `sure` does it, the other one does not. `busy`: something else is under way.
#[component]
pub(super) fn ConfirmButton(
    word: &'static str,
    sure: &'static str,
    glyph: Glyph,
    busy: RwSignal<bool>,
    on_sure: Callback<()>,
) -> impl IntoView {
    let asked = RwSignal::new(false);
    part(move || {
        if !asked.get() {
            return view! {
                <button type="button" class="button with-script" disabled=busy on:click=listener(move |_: ev::MouseEvent| asked.set(true))>
                    <Icon glyph /><span>{word}</span>
                </button>
            }
            .erased();
        }
        view! {
            <span class="confirm" role="group" aria-label="This cannot be undone">
                <button
                    type="button"
                    class="button danger"
                    disabled=busy
                    on:click=listener(move |_: ev::MouseEvent| {
                        asked.set(false);
                        on_sure.run(());
                    })
                >
                    <span>{sure}</span>
                </button>
                <button type="button" class="button" on:click=listener(move |_: ev::MouseEvent| asked.set(false))><span>"Keep"</span></button>
            </span>
        }
        .erased()
    })
}
