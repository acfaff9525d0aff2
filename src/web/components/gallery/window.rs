//! The browser's window over the grid. Does nothing on the server, where nothing is measured.

use leptos::web_sys::{HtmlElement, HtmlUListElement};

/// Lengths in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WindowPlace {
    /// Of the grid.
    pub width: u32,
    /// The smallest width of a tile, and the space between two: from the stylesheet.
    pub least_tile: u32,
    pub gap: u32,
    /// How much of the grid is above the window, and how much the window can show.
    pub above: u64,
    pub height: u64,
}

/// `space`: the height of what is not drawn above the list.
pub(super) fn measure(list: &HtmlUListElement, space: u64) -> WindowPlace {
    #[cfg(feature = "hydrate")]
    {
        use leptos::prelude::window;
        let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        let top = list.get_bounding_client_rect().top() - space as f64;
        let style = window().get_computed_style(list).ok().flatten();
        let length = |name: &str| {
            let value = style.as_ref().and_then(|style| style.get_property_value(name).ok()).unwrap_or_default();
            value.trim().trim_end_matches("px").parse::<f64>().unwrap_or_default().max(0.0) as u32
        };
        WindowPlace {
            width: list.client_width().unsigned_abs(),
            least_tile: length("--least-tile"),
            gap: length("--tile-gap"),
            above: (-top).max(0.0) as u64,
            height: height.max(1.0) as u64,
        }
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (list, space);
        WindowPlace::default()
    }
}

/// How far the page is scrolled.
pub(super) fn scrolled() -> f64 {
    #[cfg(feature = "hydrate")]
    return leptos::prelude::window().scroll_y().unwrap_or_default();
    #[cfg(not(feature = "hydrate"))]
    0.0
}

pub(super) fn scroll_by(pixels: f64) {
    #[cfg(feature = "hydrate")]
    leptos::prelude::window().scroll_by_with_x_and_y(0.0, pixels);
    #[cfg(not(feature = "hydrate"))]
    let _ = pixels;
}

/// Sets a property of the style of one element. Not as an attribute, which the content security policy forbids.
pub(super) fn set_property(element: &HtmlElement, name: &str, value: &str) {
    #[cfg(feature = "hydrate")]
    let _ = element.style().set_property(name, value);
    #[cfg(not(feature = "hydrate"))]
    let _ = (element, name, value);
}
