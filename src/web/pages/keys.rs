//! The keys of all pages. Their code is loaded with the first key that is pressed.

use futures::FutureExt;
use leptos::{
    ev,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{
    base_path::{use_navigate, use_path},
    components::{KeySheet, KeyTargets, part, press, reactive::Erased, use_form, use_page_state},
    live::use_live,
};

/// Handles the keys of the page, and shows the sheet that lists them.
#[component]
pub fn Keys() -> impl IntoView {
    let sheet = RwSignal::new(false);
    let navigate = use_navigate();
    let go = Callback::new(move |path: &'static str| navigate(path, leptos_router::NavigateOptions::default()));
    let targets = KeyTargets { live: use_live(), page: use_page_state(), form: use_form(), sheet, go, path: use_path() };
    Effect::new(move |_| {
        // The listener lives as long as the page.
        let _ = window_event_listener(ev::keydown, move |event| {
            // At once if it can be: what a browser does with a key is prevented only until the event is over.
            if let Some(Ok(parts)) = parts().now_or_never() {
                return (parts.press)(targets, &event);
            }
            spawn_local(async move {
                if load_keys().await.is_ok()
                    && let Some(Ok(parts)) = parts().now_or_never()
                {
                    (parts.press)(targets, &event);
                }
            });
        });
    });
    part(move || match sheet.get().then(|| parts().now_or_never()) {
        Some(Some(Ok(parts))) => (parts.sheet)(sheet),
        _ => ().into_any(),
    })
}

pub(super) struct KeyParts {
    press: fn(KeyTargets, &ev::KeyboardEvent),
    sheet: fn(RwSignal<bool>) -> AnyView,
}

#[wasm_split(keys, wasm_split_path = leptos::wasm_split, preload(load_keys), fallible)]
pub(super) fn parts() -> Result<KeyParts, SplitLoaderError> {
    Ok(KeyParts { press, sheet: draw })
}

fn draw(shown: RwSignal<bool>) -> AnyView {
    view! { <KeySheet shown /> }.erased()
}
