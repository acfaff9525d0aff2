//! Settings: the preferences of this browser, and in debug mode the event log of its live connection.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::ChooseView;

use super::lazy::LazyPage;
use crate::components::SettingsPanel;
use crate::components::reactive::Erased;

/// The page of the settings, for the router. Its code is loaded when it is opened.
#[must_use]
pub fn settings_page() -> impl ChooseView {
    LazyPage::new("settings", load_settings, draw_settings)
}

#[wasm_split(settings, wasm_split_path = leptos::wasm_split, preload(load_settings), fallible)]
pub(super) fn draw_settings() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <div class="settings-page"><SettingsPanel /></div> }.erased())
}
