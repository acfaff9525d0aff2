//! The list of projects.

use leptos::prelude::*;

use crate::components::reactive::Erased;

#[component]
pub(super) fn ProjectsPage() -> impl IntoView {
    view! { <div class="production-page"><h1>"Projects"</h1></div> }.erased()
}
