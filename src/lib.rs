//! Darkroom: a web studio in front of ComfyUI that never loses a generation. Where things are: ARCHITECTURE.md.

#![recursion_limit = "512"]

pub mod api;
pub mod app;
#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
pub mod client;
#[cfg(feature = "ssr")]
mod comfyui;
pub mod components;
#[cfg(feature = "ssr")]
pub mod demo;
pub mod live;
pub mod pages;
pub mod proto;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod webhook;

/// The browser takes over the page that the server drew. Without the code of that page it does not: then the page stays as it was drawn,
/// and its links and forms work by themselves.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    browser::stopped::tell_of_panics();
    wasm_bindgen_futures::spawn_local(async {
        let path = web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default();
        if pages::load(&path).await.is_ok() {
            leptos::mount::hydrate_body(app::App);
        }
    });
}
