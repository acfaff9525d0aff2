//! The stylesheet of the pages of productions.

use leptos::prelude::*;

use crate::{base_path::with_base, components::later_styles::LaterStyles, first_paint::FirstPaint};

/// To be rendered with such a page. A browser loads the file once.
#[component]
pub(super) fn ProductionStyles() -> impl IntoView {
    let build = with_context::<FirstPaint, _>(|first| first.build.clone()).unwrap_or_default();
    view! {
        <LaterStyles />
        <link rel="stylesheet" href=with_base(&format!("/assets/{build}/production.css")) />
        <link rel="stylesheet" href=with_base(&format!("/assets/{build}/production-views.css")) />
    }
    .into_any()
}
