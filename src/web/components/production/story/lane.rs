//! The lane of beats in the order of the story, below the curve of their intensity.

use leptos::{ev, prelude::*};

use super::{
    super::page_data::{PageData, send},
    beat_draft::BeatDraft,
    curve::{BEAT_WIDTH, CURVE_HEIGHT, path, point, signed},
};
use crate::{
    api::reach_beat,
    components::{
        icon::{Glyph, Icon},
        reactive::{Erased, listener, memo, part},
    },
    live::ToastKind,
};
use proto::production::{
    ProjectId,
    views::{StoryBeat, StoryPage},
};

pub(super) fn beat_lane(data: PageData<StoryPage>, project: ProjectId, draft: BeatDraft) -> AnyView {
    let beats = memo(move || data.with(in_order));
    part(move || {
        let beats = beats.get();
        if beats.is_empty() {
            return view! {
                <p class="note">"No beat yet. A beat is what is to be felt at a place of the story; scenes that have it give its keywords to their prompts."</p>
            }
            .erased();
        }
        let current = data.with(|page| page.place.beat.clone());
        let beat = |(step, beat): (String, StoryBeat)| lane_beat(data, project, draft, step, beat, &current);
        view! {
            <div class="beat-lane" role="region" aria-label="Beats and their intensity" tabindex="0">
                {curve(&beats)}
                <ol class="beats">{beats.iter().cloned().map(beat).collect_view()}</ol>
            </div>
        }
        .erased()
    })
}

/// With the titles of their steps.
fn in_order(page: &StoryPage) -> Vec<(String, StoryBeat)> {
    let steps = page.steps();
    let beats = steps.iter().flat_map(|step| step.beats.iter().map(|at| (step.title.clone(), *at)));
    beats.filter_map(|(title, at)| Some((title, page.beats.get(at)?.clone()))).collect()
}

fn curve(beats: &[(String, StoryBeat)]) -> AnyView {
    let intensities: Vec<f64> = beats.iter().map(|(_, beat)| beat.intensity).collect();
    let words: Vec<String> = beats.iter().map(|(_, beat)| format!("{} {}", beat.name, signed(beat.intensity))).collect();
    let dots = beats.iter().enumerate().map(|(nth, (_, beat))| {
        let (x, y) = point(nth, beat.intensity);
        view! { <circle class="beat-dot" class:reached=beat.is_reached cx=format!("{x:.1}") cy=format!("{y:.1}") r="5" /> }
    });
    let width = BEAT_WIDTH * beats.len();
    view! {
        <svg
            class="beat-curve"
            role="img"
            aria-label=format!("Intensity: {}", words.join(", "))
            width=width.to_string()
            height=CURVE_HEIGHT.to_string()
            viewBox=format!("0 0 {width} {CURVE_HEIGHT}")
        >
            <line class="beat-zero" x1="0" x2=width.to_string() y1=(CURVE_HEIGHT / 2).to_string() y2=(CURVE_HEIGHT / 2).to_string() />
            <path class="beat-line" d=path(&intensities) />
            {dots.collect_view()}
        </svg>
    }
    .into_any()
}

fn lane_beat(data: PageData<StoryPage>, project: ProjectId, draft: BeatDraft, step: String, beat: StoryBeat, current: &str) -> AnyView {
    let is_current = beat.name == current;
    let (name, reached, intensity) = (beat.name.clone(), beat.is_reached, signed(beat.intensity));
    let keywords = beat.keywords.join(", ");
    let (reaching, label) = (beat.name.clone(), beat.name.clone());
    let reach = move |_: ev::MouseEvent| {
        send(data.busy, reach_beat(project, reaching.clone()), move |done| match done {
            Ok(()) => data.refresh(),
            Err(problem) => data.live.toast(ToastKind::Bad, "Not marked", problem.words(), None),
        });
    };
    view! {
        <li class="beat" class:reached=reached aria-current=is_current.then_some("step")>
            <p class="note">{step}</p>
            <button type="button" class="beat-name" on:click=listener(move |_: ev::MouseEvent| draft.edit(&beat))>
                {name}<span class="visually-hidden">", change"</span>
            </button>
            <p class="note">{intensity}{(!keywords.is_empty()).then(|| format!(" · {keywords}"))}</p>
            {if reached {
                view! {
                    <p class="beat-state" data-tone="good">
                        <span class="badge"><Icon glyph=Glyph::Check /></span>
                        {if is_current { "Reached last" } else { "Reached" }}
                    </p>
                }.erased()
            } else {
                view! {
                    <button type="button" class="button quiet with-script" on:click=listener(reach)>
                        "Mark reached"<span class="visually-hidden">": "{label}</span>
                    </button>
                }.erased()
            }}
        </li>
    }
    .erased()
}
