//! The keys of the page that compares. They come before those of all pages, of which some are the same.

/// `press`: whether it did something with a key, as browsers name it. Until the component that called this is gone.
pub(super) fn listen(press: impl Fn(&str) -> bool + 'static) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{ev::KeyboardEvent, prelude::*, wasm_bindgen::JsCast};
        use send_wrapper::SendWrapper;
        use wasm_bindgen::closure::Closure;

        use crate::live::use_live;

        let live = use_live();
        let handle = move |event: KeyboardEvent| {
            let is_free = !event.ctrl_key() && !event.meta_key() && !event.alt_key() && !event.default_prevented();
            let is_single = event.key().chars().count() == 1;
            if !is_free || is_elsewhere() || (is_single && (is_text() || !live.preferences_untracked().keys)) {
                return;
            }
            if press(&event.key()) {
                event.prevent_default();
                event.stop_propagation();
            }
        };
        let handle = Closure::<dyn FnMut(KeyboardEvent)>::new(handle);
        // On the way down to the element.
        let _ = window().add_event_listener_with_callback_and_bool("keydown", handle.as_ref().unchecked_ref(), true);
        let handle = SendWrapper::new(handle);
        on_cleanup(move || {
            let _ = window().remove_event_listener_with_callback_and_bool("keydown", handle.as_ref().unchecked_ref(), true);
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = press;
}

/// Another dialog is open over the page.
#[cfg(feature = "hydrate")]
fn is_elsewhere() -> bool {
    leptos::prelude::document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// A letter would be typed, or choose something from a list.
#[cfg(feature = "hydrate")]
fn is_text() -> bool {
    let at = leptos::prelude::document().active_element();
    let is_slider = at.is_some_and(|at| at.matches("input[type=range]").unwrap_or_default());
    !is_slider && crate::components::dom::is_typing()
}
