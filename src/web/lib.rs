//! What people see, on both sides: the server renders it (feature `ssr`), the browser brings it to life (feature `hydrate`).

#![recursion_limit = "512"]

pub mod api;
pub mod app;
#[cfg(feature = "hydrate")]
mod browser;
pub mod components;
pub mod first_paint;
pub mod live;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod service;

/// The browser takes over the page that the server drew. Without the code of that page it does not: then the page stays as it was drawn,
/// and its links and forms work by themselves.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    browser::stopped::tell_of_panics();
    wasm_bindgen_futures::spawn_local(async {
        let path = web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default();
        if pages::load(&path).await.is_ok() {
            leptos::mount::hydrate_body(app::App);
        }
    });
}
