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
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, When, listener, memo, part, rows},
    },
    live::ToastKind,
};
use proto::production::{
    ProjectId,
    views::{StoryBeat, StoryPage},
};

pub(super) fn beat_lane(data: PageData<StoryPage>, project: ProjectId, draft: BeatDraft) -> AnyView {
    let beats = memo(move || data.with(in_order));
    let keys = memo(move || beats.with(|beats| beats.iter().map(|(_, beat)| beat.id.0.as_u128()).collect::<Vec<_>>()));
    let some = memo(move || keys.with(|keys| !keys.is_empty()));
    let none = || {
        view! {
            <p class="note">"No beat yet. A beat is what is to be felt at a place of the story; scenes that have it give its keywords to their prompts."</p>
        }
        .erased()
    };
    view! {
        <When holds=some fallback=none>
            <div class="beat-lane" role="region" aria-label="Beats and their intensity" tabindex="0">
                <div class="beat-track">
                    {part(move || beats.with(|beats| curve(beats)))}
                    <ol class="beats">{rows(keys, move |key| lane_beat(data, project, draft, beats, key))}</ol>
                </div>
            </div>
        </When>
    }
    .into_any()
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
    // A dot is a line to itself, whose ends are round: it stays round, however wide the curve is drawn. A hole is in those that are not reached.
    let dot = |class: &'static str, d: String| view! { <path class=class d=d /> }.into_any();
    let dots = beats.iter().enumerate().map(|(nth, (_, beat))| {
        let (x, y) = point(nth, beat.intensity);
        let place = format!("M{x:.1} {y:.1}h0");
        (dot("beat-dot", place.clone()), (!beat.is_reached).then(|| dot("beat-hole", place)))
    });
    let width = BEAT_WIDTH * beats.len();
    view! {
        <svg
            class="beat-curve"
            role="img"
            aria-label=format!("Intensity: {}", words.join(", "))
            height=CURVE_HEIGHT.to_string()
            viewBox=format!("0 0 {width} {CURVE_HEIGHT}")
            preserveAspectRatio="none"
        >
            <line class="beat-zero" x1="0" x2=width.to_string() y1=(CURVE_HEIGHT / 2).to_string() y2=(CURVE_HEIGHT / 2).to_string() />
            <path class="beat-line" d=path(&intensities) />
            {dots.collect_view()}
        </svg>
    }
    .into_any()
}

fn lane_beat(data: PageData<StoryPage>, project: ProjectId, draft: BeatDraft, beats: Memo<Vec<(String, StoryBeat)>>, key: u128) -> AnyView {
    let found = memo(move || beats.with(|beats| beats.iter().find(|(_, beat)| beat.id.0.as_u128() == key).cloned()));
    let of = move |read: fn(&(String, StoryBeat)) -> String| memo(move || found.with(|found| found.as_ref().map(read).unwrap_or_default()));
    let (step, name) = (of(|(step, _)| step.clone()), of(|(_, beat)| beat.name.clone()));
    let words = of(|(_, beat)| match beat.keywords.as_slice() {
        [] => signed(beat.intensity),
        keywords => format!("{} · {}", signed(beat.intensity), keywords.join(", ")),
    });
    let reached = memo(move || found.with(|found| found.as_ref().is_some_and(|(_, beat)| beat.is_reached)));
    let is_current = memo(move || data.with(|page| page.place.beat == name.get()));
    let id = format!("beat-{}", uuid::Uuid::from_u128(key));
    let focused = id.clone();
    let reach = move |_: ev::MouseEvent| {
        let focused = focused.clone();
        send(data.busy, reach_beat(project, name.get_untracked()), move |done| match done {
            Ok(()) => {
                // The button goes.
                dom::focus(&focused);
                data.refresh();
            }
            Err(problem) => data.live.toast(ToastKind::Bad, "Not marked", problem.words(), None),
        });
    };
    let reach = StoredValue::new(reach);
    let edit = move |_: ev::MouseEvent| {
        if let Some((_, beat)) = found.get_untracked() {
            draft.edit(&beat);
        }
    };
    view! {
        <li class="beat" class:reached=reached aria-current=memo(move || is_current.get().then_some("step"))>
            <p class="note">{step}</p>
            <button type="button" class="beat-name" id=id on:click=listener(edit)>
                {name}<span class="visually-hidden">", change"</span>
            </button>
            <p class="note">{words}</p>
            {part(move || if reached.get() {
                view! {
                    <p class="beat-state" data-tone="good">
                        <span class="badge"><Icon glyph=Glyph::Check /></span>
                        {memo(move || if is_current.get() { "Reached last" } else { "Reached" })}
                    </p>
                }.erased()
            } else {
                view! {
                    <button
                        type="button"
                        class="button quiet with-script"
                        on:click=listener(move |event: ev::MouseEvent| reach.with_value(|reach| reach(event)))
                    >
                        "Mark reached"<span class="visually-hidden">": "{name}</span>
                    </button>
                }.erased()
            })}
        </li>
    }
    .erased()
}
