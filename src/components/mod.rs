//! What pages are made of. Each component is small, shows one thing, and reads the live state itself.

use leptos::prelude::*;

#[component]
pub fn Header() -> impl IntoView {
    view! { <header><a href="/">"Darkroom"</a></header> }
}
