//! In place of a grid that is not there.

use leptos::prelude::*;

use crate::{base_path::with_base, components::reactive::Erased};

/// There is none, or none any more.
#[component]
pub(super) fn NoGrid() -> impl IntoView {
    view! {
        <section class="card grid-empty">
            <h1>"There is no such grid"</h1>
            <p class="note">"It was removed, or the address is mistyped. Its pictures are still among the tasks, unless they were removed, too."</p>
            <a class="button" href=with_base("/grids")>"All grids"</a>
        </section>
    }
    .erased()
}
