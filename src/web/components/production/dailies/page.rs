//! `/projects/{project}/dailies`.

use leptos::prelude::*;

use super::{
    super::page_data::{NewsStream, PageData, frame},
    clock,
    controls::controls,
    keys,
    picture::picture,
    player::Player,
    review::review,
    review_draft::ReviewDrafts,
    share::share,
    strip::strip,
};
use crate::{
    api::fetch_dailies,
    base_path::with_base,
    components::{
        reactive::{Erased, memo, part},
        words::count,
    },
};
use proto::production::{ProjectId, TakeReview, views::DailiesPage};

const EVENTS: &[&str] = &[
    "project.updated",
    "project.deleted",
    "chapter.changed",
    "scene.changed",
    "shot.changed",
    "node.state_changed",
    "take.reviewed",
    "take.trashed",
    "take.restored",
    "take.selected",
];

pub(in crate::components::production) fn dailies_view(project: ProjectId) -> AnyView {
    let data = PageData::<DailiesPage>::follow(NewsStream::Project(project, EVENTS), move || Box::pin(fetch_dailies(project)));
    let title = memo(move || data.with(|page| page.project.title.clone()));
    let about = move || {
        data.with(|page| {
            let takes = || page.shots.iter().filter_map(|shot| shot.take.as_ref());
            let approved = takes().filter(|take| take.review == TakeReview::Approved).count();
            if page.shots.is_empty() {
                return String::new();
            }
            format!(
                "Takes of {} of {}, {approved} approved, at {} frames a second",
                takes().count(),
                count(page.shots.len(), "shot", "shots"),
                page.fps
            )
        })
    };
    frame("Dailies", about, Some((project, title)), data.stage, move || body(data, project))
}

fn body(data: PageData<DailiesPage>, project: ProjectId) -> AnyView {
    let player = Player::new(data);
    let drafts = ReviewDrafts::new(player);
    clock::start(player);
    keys::listen(player);
    let none = memo(move || data.with(|page| page.shots.is_empty()));
    part(move || {
        if none.get() {
            return view! {
                <section class="card view-empty">
                    <h2>"No shot yet"</h2>
                    <p class="note">"As soon as shots have takes, they are played here in the order of the story."</p>
                    <a class="button" href=with_base(&format!("/projects/{project}"))>"Plan shots on the board"</a>
                </section>
            }
            .erased();
        }
        view! {
            <div class="dailies">
                <section class="dailies-viewer" aria-label="Takes">
                    {picture(player, Some(drafts))}
                    {controls(player)}
                </section>
                <div class="dailies-side">
                    {review(player, project, drafts)}
                    {share(data, project)}
                </div>
                {strip(player)}
            </div>
        }
        .erased()
    })
}
