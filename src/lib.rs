//! Darkroom: a web studio in front of ComfyUI that never loses a generation. Where things are: ARCHITECTURE.md.
//!
//! This package combines the crates below `src/`: the server binary (feature `ssr`) and the WASM client (feature `hydrate`).

pub use proto;
pub use web;
#[cfg(feature = "ssr")]
pub use {client, comfyui, demo, server, webhook};

/// Called by the page's script: the browser takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    web::hydrate();
}
