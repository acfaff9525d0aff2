//! The links between the pages of a project.

use leptos::prelude::*;
use leptos_router::components::A;
use proto::production::ProjectId;

use super::address::board_url;
use crate::{base_path::with_base, components::reactive::Erased};

/// The name of the project, and its pages. To be the first thing of each of them.
#[component]
pub(super) fn ProjectNav(project: ProjectId, #[prop(into)] title: Signal<String>) -> impl IntoView {
    view! {
        <div class="project-head">
            <p class="project-name">
                <A href=with_base("/projects")>"Projects"</A>
                <span aria-hidden="true">" / "</span>
                <A href=board_url(project)>{title}</A>
            </p>
            <nav class="project-nav" aria-label="Project">
                <A href=board_url(project) exact=true>"Board"</A>
                <A href=format!("{}/story", board_url(project))>"Story"</A>
                <A href=format!("{}/dailies", board_url(project))>"Dailies"</A>
                <A href=format!("{}/assets", board_url(project))>"Assets"</A>
                <A href=format!("{}/agents", board_url(project))>"Agents"</A>
                <A href=format!("{}/activity", board_url(project))>"Activity"</A>
            </nav>
            {exports(project)}
        </div>
    }
    .erased()
}

/// The pages that are about all projects. To be the first thing of each of them.
pub(super) fn productions_nav() -> AnyView {
    view! {
        <div class="project-head">
            <nav class="project-nav" aria-label="Productions">
                <A href=with_base("/projects") exact=true>"Projects"</A>
                <A href=with_base("/agents")>"All agents"</A>
                <A href=with_base("/external")>"External tasks"</A>
            </nav>
        </div>
    }
    .erased()
}

/// The project for other programs.
fn exports(project: ProjectId) -> AnyView {
    let one = |(ending, words): (&'static str, &'static str)| {
        view! { <li><a href=with_base(&format!("/api/projects/{project}/export.{ending}")) rel="external" download="">{words}</a></li> }
            .erased()
    };
    let all = [
        ("zip", "Current takes in folders (zip)"),
        ("edl", "Edit list (EDL)"),
        ("otio", "Timeline (OpenTimelineIO)"),
        ("csv", "Table of shots (CSV)"),
    ];
    view! {
        <details class="project-export">
            <summary>"Export"</summary>
            <ul>{all.into_iter().map(one).collect_view()}</ul>
        </details>
    }
    .erased()
}
