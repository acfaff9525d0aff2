//! What all of these pages have around them.

use leptos::prelude::*;

use super::{
    super::project_nav::{ProjectNav, productions_nav},
    data::PageStage,
};
use crate::{
    base_path::with_base,
    components::{
        boundary::Boundary,
        reactive::{Erased, part},
    },
};
use proto::production::ProjectId;

/// The page: its title, the links of its project, and what is known. `body` is made once there is something to show.
pub(in crate::components::production) fn frame(
    title: &'static str,
    about: impl Fn() -> String + Send + Sync + 'static,
    project: Option<(ProjectId, Memo<String>)>,
    stage: RwSignal<PageStage>,
    body: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let was_read = Memo::new(move |before: Option<&bool>| before.copied().unwrap_or_default() || stage.get() == PageStage::Ready);
    let trouble = move || match stage.get() {
        PageStage::Loading => view! { <p class="note" role="status">"Loading…"</p> }.erased(),
        PageStage::Ready => ().into_any(),
        PageStage::Missing => view! {
            <div class="card view-trouble" role="alert">
                <h2>"There is no such project"</h2>
                <p class="note">"It was removed, or the address is mistyped."</p>
                <a class="button" href=with_base("/projects")>"All projects"</a>
            </div>
        }
        .erased(),
        PageStage::Failed(why) => view! { <p class="problem" role="alert">"This cannot be read now: "{why}</p> }.erased(),
    };
    let body = StoredValue::new(body);
    view! {
        <div class="production-page production-view">
            {match project {
                Some((project, title)) => view! { <ProjectNav project title /> }.into_any(),
                None => productions_nav(),
            }}
            <header class="view-head">
                <h1>{title}</h1>
                <p class="note">{about}</p>
            </header>
            {part(trouble)}
            <Boundary name="This page">
                {part(move || if was_read.get() { body.with_value(|body| body()) } else { ().into_any() })}
            </Boundary>
        </div>
    }
    .erased()
}
