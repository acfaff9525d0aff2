//! The stylesheet of the pages of productions.

use leptos::prelude::*;

use crate::{components::later_styles::LaterStyles, first_paint::FirstPaint};

/// To be rendered with such a page. A browser loads the file once.
#[component]
pub(super) fn ProductionStyles() -> impl IntoView {
    let build = with_context::<FirstPaint, _>(|first| first.build.clone()).unwrap_or_default();
    view! {
        <LaterStyles />
        <link rel="stylesheet" href=format!("/assets/{build}/production.css") />
    }
    .into_any()
}
