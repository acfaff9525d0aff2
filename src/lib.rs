//! Darkroom: a web studio in front of ComfyUI that never loses a generation. Where things are: ARCHITECTURE.md.

#![recursion_limit = "512"]

pub mod api;
pub mod app;
#[cfg(feature = "hydrate")]
mod browser;
pub mod components;
#[cfg(feature = "ssr")]
pub mod demo;
pub mod live;
pub mod pages;
pub mod proto;
#[cfg(feature = "ssr")]
pub mod server;

#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
