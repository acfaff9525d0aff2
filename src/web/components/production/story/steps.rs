//! The steps of the structure, each with its chapters and their scenes.

use leptos::{ev, prelude::*};

use super::{
    super::{page_data::PageData, words::review_words},
    beat_draft::BeatDraft,
};
use crate::{
    base_path::with_base,
    components::{
        icon::{Glyph, Icon},
        reactive::{Erased, listener, memo, part},
        words::count,
    },
};
use proto::production::{
    ProjectId, SceneCode,
    views::{StoryChapter, StoryPage, StoryScene, StoryStep},
};

pub(super) fn steps(data: PageData<StoryPage>, project: ProjectId, draft: BeatDraft) -> AnyView {
    let shown = memo(move || {
        data.with(|page| {
            let chapters = |step: &StoryStep| step.chapters.iter().filter_map(|at| page.chapters.get(*at).cloned()).collect::<Vec<_>>();
            let reached =
                |step: &StoryStep| step.beats.iter().filter(|at| page.beats.get(**at).is_some_and(|beat| beat.is_reached)).count();
            let steps = page.steps().into_iter().map(|step| (chapters(&step), reached(&step), step)).collect::<Vec<_>>();
            (steps, page.place.scene)
        })
    });
    part(move || {
        let (steps, here) = shown.get();
        let step = move |(chapters, reached, step): (Vec<StoryChapter>, usize, StoryStep)| {
            let key = step.key.clone();
            let beats = if step.beats.is_empty() {
                "No beat".into()
            } else {
                format!("{reached} of {} reached", count(step.beats.len(), "beat", "beats"))
            };
            let title = step.title.clone();
            view! {
                <li class="card story-step">
                    <h3>{step.title}</h3>
                    <p class="note">{beats}</p>
                    {chapters.into_iter().map(|chapter| chapter_part(project, chapter, here)).collect_view()}
                    <button type="button" class="button quiet with-script" on:click=listener(move |_: ev::MouseEvent| draft.begin(key.clone()))>
                        "Add a beat"<span class="visually-hidden">" to "{title}</span>
                    </button>
                </li>
            }
            .erased()
        };
        view! { <ol class="story-steps">{steps.into_iter().map(step).collect_view()}</ol> }.erased()
    })
}

fn chapter_part(project: ProjectId, chapter: StoryChapter, here: Option<SceneCode>) -> AnyView {
    let scene = |scene: StoryScene| {
        let is_here = here == Some(scene.code);
        view! {
            <li class="story-scene" aria-current=is_here.then_some("location")>
                {is_here.then(|| view! { <span class="badge" data-tone="accent"><Icon glyph=Glyph::Play /></span> }.into_any())}
                <span class="mono">{scene.code.to_string()}</span>
                <a href=with_base(&format!("/projects/{project}#scene-{}", scene.id))>{scene.title}</a>
                <span class="note">
                    {is_here.then_some("here · ")}{review_words(scene.status)}{(!scene.beat.is_empty()).then(|| format!(" · {}", scene.beat))}
                </span>
            </li>
        }
        .erased()
    };
    view! {
        <section class="story-chapter">
            <h4>{chapter.title}</h4>
            <ul>{chapter.scenes.into_iter().map(scene).collect_view()}</ul>
        </section>
    }
    .erased()
}
