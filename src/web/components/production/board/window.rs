//! The browser's window over a board. Does nothing on the server, where nothing is measured.

use leptos::web_sys::HtmlElement;
use proto::production::ShotId;

use super::{lines::BoardSizes, model::BoardModel};

/// The id of the list of lines.
pub(super) const BOARD_LIST: &str = "board-list";

/// The id of the link of a card, which has the focus while it is moved.
pub(super) fn card_id(shot: ShotId) -> String {
    format!("card-{shot}")
}

/// Scrolls until a shot is visible.
pub(super) fn scroll_to(model: BoardModel, shot: ShotId) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::prelude::{WithUntracked, document, window};
        let Some((top, end)) = model.lines.with_untracked(|lines| lines.place_of(shot)) else { return };
        let Some(list) = document().get_element_by_id(BOARD_LIST) else { return };
        let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        let at = list.get_bounding_client_rect().top();
        let (top, end) = (at + top as f64, at + end as f64);
        if top < 0.0 || end > height {
            window().scroll_by_with_x_and_y(0.0, top - height / 3.0);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (model, shot);
}

/// What the stylesheet says of the sizes of lines, and how much of the list is above the window, which shows how much. `None` on the server.
pub(super) fn measure(list: &HtmlElement) -> Option<(BoardSizes, (u64, u64))> {
    #[cfg(feature = "hydrate")]
    {
        let window = leptos::prelude::window();
        let height = window.inner_height().ok()?.as_f64()?;
        let style = window.get_computed_style(list).ok()??;
        let length = |name: &str| {
            let value = style.get_property_value(name).unwrap_or_default();
            value.trim().trim_end_matches("px").parse::<f64>().unwrap_or_default().max(0.0) as u64
        };
        let (least, gap) = (length("--least-card").max(1), length("--card-gap"));
        let width = u64::from(list.client_width().unsigned_abs());
        let columns = usize::try_from((width + gap) / (least + gap)).unwrap_or(1).max(1);
        let sizes = BoardSizes { columns, chapter: length("--chapter-line"), scene: length("--scene-line"), cards: length("--card-line") };
        let top = list.get_bounding_client_rect().top();
        Some((sizes, ((-top).max(0.0) as u64, height.max(1.0) as u64)))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = list;
        None
    }
}

/// Puts these parameters into the address of the page, in the place of those that there are. The page stays as it is.
pub(super) fn replace_query(query: &str) {
    #[cfg(feature = "hydrate")]
    {
        let window = leptos::prelude::window();
        let (Ok(history), Ok(path)) = (window.history(), window.location().pathname()) else { return };
        let _ = history.replace_state_with_url(&history.state().unwrap_or_default(), "", Some(&format!("{path}{query}")));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = query;
}

/// Not as an attribute, which the content security policy forbids.
pub(super) fn set_height(element: &HtmlElement, height: u64) {
    #[cfg(feature = "hydrate")]
    let _ = element.style().set_property("height", &format!("{height}px"));
    #[cfg(not(feature = "hydrate"))]
    let _ = (element, height);
}
