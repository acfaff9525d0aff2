//! The stylesheet of parts whose code is loaded when they are opened.

use leptos::prelude::*;
#[cfg(feature = "hydrate")]
use leptos::web_sys;

use crate::{base_path::with_base, components::reactive::Erased, first_paint::FirstPaint};

/// To be rendered with such a part. A browser loads the file once.
#[component]
pub fn LaterStyles() -> impl IntoView {
    let build = with_context::<FirstPaint, _>(|first| first.build.clone()).unwrap_or_default();
    view! { <link rel="stylesheet" href=href(&build) /> }.erased()
}

/// Loads the stylesheet into the browser's cache, so that a page whose code comes is not shown without it; at once if the document has it. What
/// fails is loaded with the page.
#[cfg(feature = "hydrate")]
pub async fn load_later_styles() {
    let Some(build) = with_context::<FirstPaint, _>(|first| first.build.clone()) else { return };
    let is_there = |href: &str| {
        let document = web_sys::window().and_then(|window| window.document())?;
        document.query_selector(&format!("link[href='{href}']")).ok()?
    };
    let href = href(&build);
    if is_there(&href).is_none() {
        let _ = gloo_net::http::Request::get(&href).send().await;
    }
}

fn href(build: &str) -> String {
    with_base(&format!("/assets/{build}/later.css"))
}
