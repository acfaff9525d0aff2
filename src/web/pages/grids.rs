//! Grids: the list, the form for a new one, and one grid.

use crate::components::GridsPanel;
use crate::components::reactive::Erased;
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

#[wasm_split(grids, wasm_split_path = leptos::wasm_split, preload(load_grids), fallible)]
pub(super) fn draw_grids() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <div class="grids-page"><GridsPanel /></div> }.erased())
}
