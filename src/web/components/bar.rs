//! A progress bar. Its width is an attribute of an SVG, so that the content security policy need not allow inline styles.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo};

/// `share` is the filled part, 0 to 1000. Hidden from screen readers: a text beside it has the number.
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
