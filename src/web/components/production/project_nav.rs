//! The links between the pages of a project.

use leptos::prelude::*;
use leptos_router::components::A;
use proto::production::ProjectId;

use super::address::board_url;
use crate::components::reactive::Erased;

/// The name of the project, and its pages. To be the first thing of each of them.
#[component]
pub(super) fn ProjectNav(project: ProjectId, #[prop(into)] title: Signal<String>) -> impl IntoView {
    view! {
        <div class="project-head">
            <p class="project-name">
                <A href="/projects">"Projects"</A>
                <span aria-hidden="true">" / "</span>
                <A href=board_url(project)>{title}</A>
            </p>
            <nav class="project-nav" aria-label="Project">
                <A href=board_url(project) exact=true>"Board"</A>
            </nav>
        </div>
    }
    .erased()
}
