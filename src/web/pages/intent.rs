//! Loads the code of a page when a link to it is pointed at, touched or focused, so that it is there when the link is followed.

use leptos::{
    prelude::window_event_listener_untyped,
    task::spawn_local,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event},
};

use super::load::load;
use crate::base_path::without_base;

/// The listeners live as long as the page.
pub fn load_on_intent() {
    for event in ["pointerover", "focusin"] {
        let _ = window_event_listener_untyped(event, load_target);
    }
}

/// Code that is loaded already is not loaded again. What fails is loaded when the link is followed.
fn load_target(event: Event) {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let link = element.and_then(|element| element.closest("nav a[href]").ok().flatten());
    if let Some(path) = link.and_then(|link| link.get_attribute("href")) {
        spawn_local(async move {
            let _ = load(without_base(&path)).await;
        });
    }
}
