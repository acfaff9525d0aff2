//! The person's preferences, as this browser keeps them. Other tabs of it take changes over at once.

use js_sys::{JSON, Reflect};
use leptos::{ev, prelude::window_event_listener};
use wasm_bindgen::JsValue;
use web_sys::Event;

use super::storage;
use crate::live::{Live, PREFERENCES_KEY as KEY};
use proto::preferences::Preferences;

/// What is kept; the defaults for what is not.
pub(super) fn load() -> Preferences {
    let kept = storage::load(KEY).and_then(|text| JSON::parse(&text).ok()).filter(JsValue::is_object).unwrap_or(JsValue::NULL);
    Preferences::read(&|setting| {
        let member = Reflect::get(&kept, &JsValue::from_str(setting.name())).ok()?;
        // A member that is not there has no text.
        let text = || JSON::stringify(&member).ok()?.as_string();
        member.as_string().or_else(text)
    })
}

/// Keeps them, unless they are kept already: two tabs do not answer each other for ever. Whether they are kept now.
pub(super) fn keep(preferences: Preferences) -> bool {
    load() == preferences || storage::save(KEY, &preferences.to_json())
}

/// Takes over what another tab keeps.
pub(super) fn follow_other_tabs(live: Live) {
    // Lives as long as the page. Whatever was changed: what is as it was changes nothing.
    let _ = window_event_listener(ev::Custom::<Event>::new("storage"), move |_| live.set_preferences(load()));
}

/// The theme, in the attribute that the stylesheet looks at.
pub(super) fn show_theme(preferences: Preferences) {
    let root = web_sys::window().and_then(|window| window.document()).and_then(|document| document.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute("data-theme", preferences.theme.as_str());
    }
}
