//! Direct access to the document. Does nothing on the server, where there is none.

/// A random number up to 2^64 − 1. Not for secrets.
pub(crate) fn random_seed() -> u64 {
    #[cfg(feature = "hydrate")]
    {
        let half = || (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
        half() << 32 | half()
    }
    #[cfg(not(feature = "hydrate"))]
    0
}

/// The present text of the field with that id, which may have been typed before hydration.
pub(crate) fn typed(id: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{
            prelude::document,
            wasm_bindgen::JsCast,
            web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement},
        };
        let element = document().get_element_by_id(id)?;
        element
            .dyn_ref::<HtmlInputElement>()
            .map(HtmlInputElement::value)
            .or_else(|| element.dyn_ref::<HtmlTextAreaElement>().map(HtmlTextAreaElement::value))
            .or_else(|| element.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        None
    }
}

/// Presses the button with that id, if there is one.
pub(crate) fn click(id: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{wasm_bindgen::JsCast, web_sys::HtmlElement};
        let button = leptos::prelude::document().get_element_by_id(id).and_then(|button| button.dyn_into::<HtmlElement>().ok());
        button.inspect(HtmlElement::click).is_some()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        false
    }
}

/// Closes the popover of that id, if it is open.
pub(crate) fn hide_popover(id: &str) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{wasm_bindgen::JsCast, web_sys::HtmlElement};
        let found = leptos::prelude::document().get_element_by_id(id).and_then(|found| found.dyn_into::<HtmlElement>().ok());
        // Fails where it is not open, or no popover.
        let _ = found.map(|popover| popover.hide_popover());
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Whether the document has an element with that id.
pub(crate) fn exists(id: &str) -> bool {
    #[cfg(feature = "hydrate")]
    return leptos::prelude::document().get_element_by_id(id).is_some();
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        false
    }
}

/// Whether the box or radio button of that id is checked now.
pub(crate) fn checked(id: &str) -> Option<bool> {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{prelude::document, wasm_bindgen::JsCast, web_sys::HtmlInputElement};
        document().get_element_by_id(id)?.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::checked)
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        None
    }
}

/// Whether the focus is where keys make text or choose something.
pub(crate) fn is_typing() -> bool {
    #[cfg(feature = "hydrate")]
    {
        let at = leptos::prelude::document().active_element();
        at.is_some_and(|at| at.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]").unwrap_or_default())
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Whether the focus is on the element of that id.
pub(crate) fn has_focus(id: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let at = leptos::prelude::document().active_element();
        at.is_some_and(|at| at.matches(&format!("#{id}")).unwrap_or_default())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        false
    }
}

/// Puts the focus on the element of that id.
pub(crate) fn focus(id: &str) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{prelude::document, wasm_bindgen::JsCast, web_sys::HtmlElement};
        if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// The same for any element, such as a part of a drawing.
pub(crate) fn focus_any(id: &str) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{prelude::document, wasm_bindgen::JsCast, web_sys::HtmlElement};
        if let Some(element) = document().get_element_by_id(id) {
            // Elements of SVG have the same method.
            let _ = element.unchecked_ref::<HtmlElement>().focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Copies `text` to the clipboard. `then` is called with whether that succeeded: browsers forbid it outside of HTTPS, and may forbid it
/// otherwise.
pub(crate) fn copy(text: String, then: impl FnOnce(bool) + 'static) {
    #[cfg(feature = "hydrate")]
    {
        let navigator = leptos::prelude::window().navigator();
        if js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object()) {
            let copied = navigator.clipboard().write_text(&text);
            leptos::task::spawn_local(async move { then(wasm_bindgen_futures::JsFuture::from(copied).await.is_ok()) });
        } else {
            then(false);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (text, then);
}

/// Moves the focus among the links of a list: with the arrow keys, Home and End.
pub(crate) fn move_focus(event: &leptos::ev::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{prelude::document, wasm_bindgen::JsCast, web_sys::HtmlElement};
        let Some(item) = document().active_element().and_then(|link| link.closest("li").ok()?) else { return };
        let list = item.parent_element();
        let next = match event.key().as_str() {
            "ArrowRight" => item.next_element_sibling(),
            "ArrowLeft" => item.previous_element_sibling(),
            "Home" => list.and_then(|list| list.first_element_child()),
            "End" => list.and_then(|list| list.last_element_child()),
            _ => return,
        };
        event.prevent_default();
        if let Some(link) = next.and_then(|item| item.first_element_child()?.dyn_into::<HtmlElement>().ok()) {
            let _ = link.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

/// On a narrow screen, where the picture is above the form, scrolls to the picture.
pub(crate) fn show_stage() {
    #[cfg(feature = "hydrate")]
    {
        use leptos::prelude::{document, window};
        let width = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or_default();
        if width < 720.0
            && let Some(stage) = document().get_element_by_id("stage")
        {
            stage.scroll_into_view();
        }
    }
}

/// Changes the favicon; `None` restores the page's own.
pub(crate) fn set_favicon(href: Option<&str>) {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(link)) = leptos::prelude::document().query_selector("link[rel=icon]") {
        let own = link.get_attribute("data-own").or_else(|| link.get_attribute("href")).unwrap_or_default();
        let _ = link.set_attribute("href", href.unwrap_or(&own));
        let _ = link.set_attribute("data-own", &own);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = href;
}

/// How far the loading of an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers load images"))]
pub(crate) enum ImageState {
    Loading,
    Loaded,
    Broken,
}

/// The state of the image with that id. Loading, if there is none.
pub(crate) fn image_state(id: &str) -> ImageState {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{prelude::document, wasm_bindgen::JsCast, web_sys::HtmlImageElement};
        let image = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlImageElement>().ok());
        match image {
            Some(image) if image.complete() && image.natural_width() == 0 => ImageState::Broken,
            Some(image) if image.complete() => ImageState::Loaded,
            _ => ImageState::Loading,
        }
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        ImageState::Loading
    }
}
