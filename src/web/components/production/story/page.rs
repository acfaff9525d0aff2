//! `/projects/{project}/story`.

use leptos::{ev, prelude::*};

use super::{
    super::page_data::{NewsStream, PageData, frame},
    beat_draft::BeatDraft,
    beat_form::beat_form,
    lane::beat_lane,
    steps::steps,
    structure::structure_choice,
    words::place_words,
};
use crate::{
    api::fetch_story,
    base_path::with_base,
    components::reactive::{listener, memo},
};
use proto::production::{ProjectId, views::StoryPage};

const EVENTS: &[&str] =
    &["project.updated", "project.deleted", "chapter.changed", "scene.changed", "beat.changed", "narrative.beat", "narrative.progress"];

pub(in crate::components::production) fn story_view(project: ProjectId) -> AnyView {
    let data = PageData::<StoryPage>::follow(NewsStream::Project(project, EVENTS), move || Box::pin(fetch_story(project)));
    let title = memo(move || data.with(|page| page.project.title.clone()));
    frame("Story", move || data.with(place_words), Some((project, title)), data.stage, move || body(data, project))
}

fn body(data: PageData<StoryPage>, project: ProjectId) -> AnyView {
    let draft = BeatDraft::new(data);
    view! {
        <section class="card story-lane" aria-labelledby="beats-title">
            <div class="view-section-head">
                <h2 id="beats-title">"Beats"</h2>
                <button type="button" class="button with-script" on:click=listener(move |_: ev::MouseEvent| draft.begin(String::new()))>"New beat"</button>
            </div>
            {beat_lane(data, project, draft)}
            <form class="view-filters without-script" method="post" action=with_base(&format!("/projects/{project}/story"))>
                <div class="field">
                    <label for="plain-beat">"Name of a new beat"</label>
                    <input id="plain-beat" name="beat" type="text" autocomplete="off" required />
                </div>
                <button type="submit" class="button">"Add"</button>
            </form>
        </section>
        <section aria-labelledby="steps-title">
            <div class="view-section-head">
                <h2 id="steps-title">"Steps"</h2>
                {structure_choice(data, project)}
            </div>
            {steps(data, project, draft)}
        </section>
        {beat_form(project, draft)}
    }
    .into_any()
}
