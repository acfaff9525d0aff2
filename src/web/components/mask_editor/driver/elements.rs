//! The elements of the editor.

use leptos::{prelude::document, wasm_bindgen::JsCast, web_sys};

/// The id of the element that shows the picture.
pub(super) const WINDOW: &str = "mask-window";
/// The id of the element that is moved and scaled: picture, mask and marks.
pub(super) const WORLD: &str = "mask-world";
pub(super) const OVERLAY: &str = "mask-overlay";

pub(super) fn element(id: &str) -> Option<web_sys::HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Width and height of the window in CSS pixels.
pub(super) fn window_size() -> Option<(f64, f64)> {
    let window = element(WINDOW)?;
    Some((f64::from(window.client_width()), f64::from(window.client_height())))
}
