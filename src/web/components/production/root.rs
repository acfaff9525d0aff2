//! The page of productions at the present address.

use leptos::prelude::*;

use super::{
    activity::activity_view, address::ProductionAddress, agents::agents_view, assets::assets_view, board::BoardPage, dailies::dailies_view,
    external_tasks::external_view, projects::ProjectsPage, shot::ShotPage, story::story_view, styles::ProductionStyles,
};
use crate::{
    base_path::{use_path, with_base},
    components::reactive::{Erased, memo, rows},
};

/// Everything below `/projects`. A page stays while its address does.
#[component]
pub fn ProductionPages() -> impl IntoView {
    let path = use_path();
    let address = memo(move || path.with(|path| ProductionAddress::read(path)));
    Effect::new(move |_| {
        // After the header has marked what it knows of the new address.
        if matches!(address.get(), ProductionAddress::AllAgents | ProductionAddress::External) {
            request_animation_frame(|| mark_projects(true));
        }
    });
    on_cleanup(|| mark_projects(false));
    // One at a time, made anew for each address.
    let key = memo(move || vec![address.get().key()]);
    view! {
        <ProductionStyles />
        {rows(key, move |_| match address.get_untracked() {
            ProductionAddress::Projects => view! { <ProjectsPage /> }.into_any(),
            ProductionAddress::AllAgents => agents_view(None),
            ProductionAddress::Agents(project) => agents_view(Some(project)),
            ProductionAddress::External => external_view(),
            ProductionAddress::Story(project) => story_view(project),
            ProductionAddress::Activity(project) => activity_view(project),
            ProductionAddress::Dailies(project) => dailies_view(project),
            ProductionAddress::Assets(project) => assets_view(project),
            ProductionAddress::Board(project) => view! { <BoardPage project /> }.into_any(),
            ProductionAddress::Shot(project, shot) => view! { <ShotPage project shot /> }.into_any(),
            ProductionAddress::Unknown => view! { <NoSuchPage /> }.into_any(),
        })}
    }
    .into_any()
}

/// For screen readers: the link "Projects" of the header is that of these pages, too, though their addresses are elsewhere. What the header marks itself stays.
fn mark_projects(is_here: bool) {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(link)) = document().query_selector(&format!(".header a[href='{}']", with_base("/projects"))) {
        let _ = match (is_here, link.get_attribute("aria-current").as_deref()) {
            (true, None) => link.set_attribute("aria-current", "true"),
            (false, Some("true")) => link.remove_attribute("aria-current"),
            _ => Ok(()),
        };
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = is_here;
}

#[component]
pub(super) fn NoSuchPage() -> impl IntoView {
    view! {
        <div class="plain-page">
            <h1>"There is no page here"</h1>
            <p>"The address may be mistyped, or what was here is gone."</p>
            <p><a class="button" href=with_base("/projects")>"Show the projects"</a></p>
        </div>
    }
    .erased()
}
