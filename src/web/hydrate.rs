//! Where the browser starts.

use crate::{
    app,
    base_path::{set_base_path, without_base},
    browser, pages,
};

/// Hydrates the page that the server rendered. If the code of that page cannot be loaded, the page stays as the server rendered it: its
/// links and forms work without the app.
///
/// `base`: the base path.
pub fn hydrate(base: String) {
    set_base_path(base);
    browser::stopped::report_panics();
    wasm_bindgen_futures::spawn_local(async {
        let path = web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default();
        if pages::load(without_base(&path)).await.is_ok() {
            leptos::mount::hydrate_body(app::App);
        }
    });
}
