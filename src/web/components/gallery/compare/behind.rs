//! What is behind the page that compares: it is out of reach of keys and screen readers. What was changed last, with the way back, is above it.

/// Until the component that called this is gone.
pub(super) fn leave_out() {
    #[cfg(feature = "hydrate")]
    {
        use leptos::prelude::*;
        Effect::new(move |_| set_inert(true));
        on_cleanup(|| set_inert(false));
    }
}

#[cfg(feature = "hydrate")]
fn set_inert(inert: bool) {
    const BEHIND: &str = ".header, .gallery-search, .gallery-facets, .gallery-toolbar, .gallery-grid, .lightbox";
    let Ok(found) = leptos::prelude::document().query_selector_all(BEHIND) else { return };
    for element in (0..found.length()).filter_map(|at| found.get(at)) {
        use leptos::{wasm_bindgen::JsCast, web_sys::Element};
        if let Some(element) = element.dyn_ref::<Element>() {
            let _ = if inert { element.set_attribute("inert", "") } else { element.remove_attribute("inert") };
        }
    }
}
