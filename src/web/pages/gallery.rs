//! The gallery: the results of a search, and one output.

use super::from_picture::upscale;
use crate::components::reactive::Erased;
use crate::components::{GalleryPanel, UpscaleSlot};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

#[wasm_split(gallery, wasm_split_path = leptos::wasm_split, preload(load_gallery), fallible)]
pub(super) fn draw_gallery() -> Result<AnyView, SplitLoaderError> {
    provide_context(UpscaleSlot(upscale));
    Ok(view! { <GalleryPanel /> }.erased())
}
