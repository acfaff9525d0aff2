//! Productions: projects, boards, shots.

use crate::components::ProductionPages;
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

#[wasm_split(production, wasm_split_path = leptos::wasm_split, preload(load_production), fallible)]
pub(super) fn draw_production() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <ProductionPages /> }.into_any())
}
