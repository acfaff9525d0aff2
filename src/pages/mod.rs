//! The pages, one file each.

use leptos::prelude::*;

#[component]
pub fn StudioPage() -> impl IntoView {
    view! { <h1>"Studio"</h1> }
}
#[component]
pub fn TaskPage() -> impl IntoView {
    view! { <h1>"Task"</h1> }
}
#[component]
pub fn NotFound() -> impl IntoView {
    view! { <h1>"Not found"</h1> }
}
