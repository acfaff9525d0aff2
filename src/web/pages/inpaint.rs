//! The page to paint a part of a picture new, or to extend it.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::ChooseView;

use super::lazy::LazyPage;
use crate::components::InpaintPanel;
use crate::components::reactive::Erased;

/// The page, for the router. Its code is loaded when it is opened.
#[must_use]
pub fn inpaint_page() -> impl ChooseView {
    LazyPage::new("inpaint", load_inpaint, draw_inpaint)
}

#[wasm_split(inpaint, wasm_split_path = leptos::wasm_split, preload(load_inpaint), fallible)]
pub(super) fn draw_inpaint() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <div class="inpaint-page"><InpaintPanel /></div> }.erased())
}
