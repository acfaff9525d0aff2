//! The page of productions at the present address.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{address::ProductionAddress, board::BoardPage, projects::ProjectsPage, shot::ShotPage, styles::ProductionStyles};
use crate::components::reactive::{Erased, memo, rows};

/// Everything below `/projects`. A page stays while its address does.
#[component]
pub fn ProductionPages() -> impl IntoView {
    let path = use_location().pathname;
    let address = memo(move || path.with(|path| ProductionAddress::read(path)));
    // One at a time, made anew for each address.
    let key = memo(move || vec![address.get().key()]);
    view! {
        <ProductionStyles />
        {rows(key, move |_| match address.get_untracked() {
            ProductionAddress::Projects => view! { <ProjectsPage /> }.into_any(),
            ProductionAddress::Board(project) => view! { <BoardPage project /> }.into_any(),
            ProductionAddress::Shot(project, shot) => view! { <ShotPage project shot /> }.into_any(),
            ProductionAddress::Unknown => view! { <NoSuchPage /> }.into_any(),
        })}
    }
    .into_any()
}

#[component]
pub(super) fn NoSuchPage() -> impl IntoView {
    view! {
        <div class="plain-page">
            <h1>"There is no page here"</h1>
            <p>"The address may be mistyped, or what was here is gone."</p>
            <p><a class="button" href="/projects">"Show the projects"</a></p>
        </div>
    }
    .erased()
}
