//! The outputs side by side: all are enlarged and moved together.

use leptos::{ev, prelude::*};

use super::{
    super::{tile::label, url::file_url},
    model::CompareModel,
    picture::ComparedPicture,
    video::{VideoControls, Videos},
};
use crate::components::{
    icon::{Glyph, Icon},
    page_state::use_page_state,
    reactive::{Erased, When, listener, memo, truth},
    stage::ZoomWindow,
};
use proto::task::OutputKind;

#[component]
pub(super) fn SideBySide(model: CompareModel) -> impl IntoView {
    let shown = model.shown.get_untracked();
    let videos = Videos::new();
    let has_videos = shown.iter().any(|(_, kind)| *kind == Some(OutputKind::Video));
    // In the corner of all of them.
    let last_seen = shown.iter().rposition(|(_, kind)| is_seen(*kind));
    let panes = (0..shown.len()).map(|at| view! { <Pane model at videos without_buttons=Some(at) != last_seen /> }.into_any());
    view! {
        <div class="compare-stage compare-side" data-count=shown.len().to_string()>{panes.collect_view()}</div>
        <When holds=Signal::stored(has_videos)><VideoControls videos /></When>
    }
    .into_any()
}

fn is_seen(kind: Option<OutputKind>) -> bool {
    matches!(kind, Some(OutputKind::Image | OutputKind::Video))
}

#[component]
fn Pane(model: CompareModel, at: usize, videos: Videos, without_buttons: bool) -> impl IntoView {
    let (id, kind) = model.shown.with_untracked(|shown| shown.get(at).copied()).unzip();
    let (Some(id), kind) = (id, kind.flatten()) else { return ().into_any() };
    let page = use_page_state();
    let chosen = memo(move || model.chosen.get() == at);
    let name = memo(move || model.of_output(at, |output| label(&output.tile)));
    let card = |glyph: Glyph, word: &'static str| {
        let download = format!("{}?download=1", file_url(id, None));
        view! { <div class="stage-center"><a class="button" href=download><Icon glyph />{word}</a></div> }.erased()
    };
    let content = match kind {
        Some(OutputKind::Image) => view! { <ComparedPicture model at /> }.into_any(),
        Some(OutputKind::Video) => view! {
            <video
                class="stage-picture"
                node_ref=videos.add()
                src=file_url(id, None)
                preload="auto"
                playsinline
                // One play button has all of them; without JavaScript each has its own.
                controls=memo(move || !page.is_hydrated())
                // Only the chosen one is heard.
                prop:muted=memo(move || !chosen.get())
                aria-label=name
                on:loadedmetadata=listener(move |_: ev::Event| videos.loaded())
                on:timeupdate=listener(move |_: ev::Event| videos.moved())
                on:ended=listener(move |_: ev::Event| videos.ended())
            ></video>
        }
        .into_any(),
        Some(OutputKind::Audio) => {
            view! { <div class="stage-center"><audio src=file_url(id, None) controls aria-label=name></audio></div> }.erased()
        }
        Some(OutputKind::Text) => card(Glyph::Page, "Download the text"),
        Some(OutputKind::File) | None => card(Glyph::File, "Download the file"),
    };
    let holds = memo(move || is_seen(kind));
    view! {
        <figure class="compare-pane" class:chosen=chosen on:pointerdown=listener(move |_: ev::PointerEvent| model.choose(at))>
            <ZoomWindow holds shared=model.zoom always_wheel=true without_buttons>{content}</ZoomWindow>
            <figcaption>
                <button
                    type="button"
                    class="compare-number"
                    aria-pressed=truth(move || chosen.get())
                    aria-label=memo(move || format!("Choose {}: {}", at + 1, name.get()))
                    on:click=listener(move |_| model.choose(at))
                >
                    {(at + 1).to_string()}
                </button>
            </figcaption>
        </figure>
    }
    .into_any()
}
