//! The preferences in localStorage, and their changes by other tabs.

use js_sys::{JSON, Reflect};
use leptos::{ev, prelude::window_event_listener};
use wasm_bindgen::JsValue;
use web_sys::Event;

use crate::live::{Live, PREFERENCES_KEY as KEY};
use crate::storage;
use proto::preferences::Preferences;

/// The stored preferences, with defaults for what is missing.
pub(super) fn load() -> Preferences {
    let kept = storage::load(KEY).and_then(|text| JSON::parse(&text).ok()).filter(JsValue::is_object).unwrap_or(JsValue::NULL);
    Preferences::read(&|setting| {
        let member = Reflect::get(&kept, &JsValue::from_str(setting.name())).ok()?;
        // `stringify` gives `undefined`, which is no string, for a missing member.
        let text = || JSON::stringify(&member).ok()?.as_string();
        member.as_string().or_else(text)
    })
}

/// Stores preferences unless they are stored already, so that two tabs do not trigger each other for ever. Returns whether they are stored.
pub(super) fn keep(preferences: Preferences) -> bool {
    load() == preferences || storage::save(KEY, &preferences.to_json())
}

/// Applies preferences that another tab stores.
pub(super) fn follow_other_tabs(live: Live) {
    // The listener lives as long as the page. Events of other keys are harmless: equal preferences are ignored.
    let _ = window_event_listener(ev::Custom::<Event>::new("storage"), move |_| live.set_preferences(load()));
}

/// Sets the attribute that the stylesheet chooses the theme by.
pub(super) fn show_theme(preferences: Preferences) {
    let root = web_sys::window().and_then(|window| window.document()).and_then(|document| document.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute("data-theme", preferences.theme.as_str());
    }
}
