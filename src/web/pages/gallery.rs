//! The gallery: the results of a search, and one output.

use crate::components::GalleryPanel;
use crate::components::reactive::Erased;
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

#[wasm_split(gallery, wasm_split_path = leptos::wasm_split, preload(load_gallery), fallible)]
pub(super) fn draw_gallery() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <GalleryPanel /> }.erased())
}
