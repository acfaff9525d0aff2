//! The page for unknown addresses.

use leptos::prelude::*;

use crate::{base_path::with_base, components::reactive::Erased};
#[component]
pub fn NotFound() -> impl IntoView {
    set_not_found();
    view! {
        <div class="plain-page">
            <h1>"There is no page here"</h1>
            <p>"The address may be mistyped, or what was here is gone."</p>
            <p><a class="button" href=with_base("/")>"Go to Studio"</a></p>
        </div>
    }
    .erased()
}

/// On the server, sets the status 404.
pub(super) fn set_not_found() {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
}
