//! Many runs of the form, for Studio. Their code is loaded when that part of the form is opened.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::lazy::{LazyCode, if_loaded};
use crate::components::{SeriesPanel, part, reactive::Erased};

/// The buttons for many runs.
pub(super) fn series() -> AnyView {
    let code = LazyCode::new();
    code.load(load_series());
    part(move || match if_loaded("series", panel()) {
        Some(panel) => panel(),
        None => code.placeholder(),
    })
}

#[wasm_split(series, wasm_split_path = leptos::wasm_split, preload(load_series), fallible)]
pub(super) fn panel() -> Result<fn() -> AnyView, SplitLoaderError> {
    Ok(draw)
}

fn draw() -> AnyView {
    view! { <SeriesPanel /> }.erased()
}
