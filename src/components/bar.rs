//! A bar that fills. Its width is an attribute of an SVG, so that a strict content policy needs no exception for inline styles.

use leptos::prelude::*;

/// How much of it is full, 0 to 1. Says nothing by itself: the words beside it do.
#[component]
pub(crate) fn Bar(#[prop(into)] share: Signal<f64>, class: &'static str) -> impl IntoView {
    let width = Memo::new(move |_| format!("{:.1}%", share.get().clamp(0.0, 1.0) * 100.0));
    view! {
        <svg class=class aria-hidden="true">
            <rect class="fill" width=width height="100%" />
        </svg>
    }
}
