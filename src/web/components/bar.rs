//! A bar that fills. Its width is an attribute of an SVG, so that a strict content policy needs no exception for inline styles.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo};
/// How much of it is full, 0 to 1000. Says nothing by itself: the words beside it do.
#[component]
pub(crate) fn Bar(#[prop(into)] share: Signal<u16>, class: &'static str) -> impl IntoView {
    let width = memo(move || format!("{}.{}%", share.get() / 10, share.get() % 10));
    view! {
        <svg class=class aria-hidden="true">
            <rect class="fill" width=width height="100%" />
        </svg>
    }
    .erased()
}
