//! What the server rendered a page with.

use leptos::prelude::*;
use proto::production::ProductionFirst;

use crate::{components::page_state::use_page_state, first_paint::FirstPaint};

/// On the server, and while the browser takes the page over. `None`: the page was opened from another one.
pub(super) fn first_of_server() -> Option<ProductionFirst> {
    if use_page_state().is_hydrated_untracked() {
        return None;
    }
    let bytes = use_context::<FirstPaint>().map(|first| first.production).unwrap_or_default();
    postcard::from_bytes(&bytes).ok()
}
