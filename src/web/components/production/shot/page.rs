//! The page itself.

use leptos::prelude::*;
use leptos_router::components::A;
use proto::production::{ProjectId, ShotId};

use super::{
    cast::CastPanel, details::DetailsPanel, differences::Differences, generate::GeneratePanel, model::ShotModel, prompt::PromptPanel,
    takes::TakesPanel, viewer::Viewer,
};
use crate::components::{
    boundary::Boundary,
    production::{address::shot_url, conflict::ConflictPanel, project_nav::ProjectNav},
    reactive::{When, memo, part},
};

#[component]
pub(in crate::components::production) fn ShotPage(project: ProjectId, shot: ShotId) -> impl IntoView {
    let model = ShotModel::new(project, shot);
    let project_title = memo(move || model.with(|view| view.project.0.fields.title.clone()));
    let name = memo(move || model.with(|view| format!("{}_{}", view.shot.0.scene_id, view.shot.0.code)));
    let title = memo(move || model.with(|view| view.shot.0.fields.title.clone()));
    let scene = memo(move || model.with(|view| view.scene.0.fields.title.clone()));
    let beside = memo(move || model.with(|view| (view.before, view.after)));
    let is_there = memo(move || model.view.with(Option::is_some));
    let is_gone = memo(move || model.with(|view| view.shot.0.stamp.deleted_at.is_some()));
    let has_failed = memo(move || model.failed.with(|failed| !failed.is_empty()));
    let is_loading = memo(move || !is_there.get() && !has_failed.get());
    let link = move |to: Option<ShotId>, word: &'static str| {
        to.map(|to| view! { <A href=shot_url(project, to) attr:class="button">{word}</A> }.into_any())
    };
    view! {
        <div class="production-page shot-page">
            <ProjectNav project title=project_title />
            <ConflictPanel client=model.client />
            <When holds=has_failed><p class="problem" role="alert">{model.failed}</p></When>
            <When holds=is_loading><p class="note" role="status">"Loading…"</p></When>
            <When holds=is_there>
                <div class="shot-head">
                    <h1><span class="production-code">{name}</span>" "{title}</h1>
                    <p class="note">{scene}</p>
                    <nav class="production-buttons" aria-label="Shots beside this one">
                        {part(move || {
                            let (before, after) = beside.get();
                            (link(before, "Previous shot"), link(after, "Next shot")).into_any()
                        })}
                    </nav>
                </div>
                <When holds=is_gone><p class="note" role="status">"This shot is in the trash."</p></When>
                <div class="shot-columns">
                    <div class="shot-side">
                        <Boundary name="The prompt"><PromptPanel model /></Boundary>
                        <Boundary name="The form for takes"><GeneratePanel model /></Boundary>
                        <Boundary name="The cast"><CastPanel model /></Boundary>
                        <Boundary name="The details"><DetailsPanel model /></Boundary>
                    </div>
                    <div class="shot-main">
                        <Boundary name="The picture"><Viewer model /></Boundary>
                        <Boundary name="The takes"><TakesPanel model /></Boundary>
                        <Boundary name="The differences"><Differences model /></Boundary>
                    </div>
                </div>
            </When>
        </div>
    }
    .into_any()
}
