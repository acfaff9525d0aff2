//! The page that compares, above the list.

use leptos::{ev, html, prelude::*};
use leptos_router::NavigateOptions;

use super::{
    super::{layout::tile_id, model::GalleryModel},
    behind,
    difference::Difference,
    facts::DifferingFacts,
    flicker::Flicker,
    keys,
    model::{CompareModel, Compared, ModeChange},
    modes::Modes,
    onion::OnionSkin,
    side::SideBySide,
    swipe::Swipe,
};
use crate::{
    base_path::use_navigate,
    components::{
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, When, listener, memo, part},
    },
};
use proto::gallery::CompareMode;

/// Over the list, while the address is that of a comparison.
#[component]
pub(in crate::components::gallery) fn ComparePanel(model: GalleryModel) -> impl IntoView {
    let model = CompareModel::new(model);
    view! { <When holds=model.is_open><CompareDialog model /></When> }.into_any()
}

#[derive(Clone, Debug, PartialEq)]
enum ComparisonState {
    /// The address names nothing that can be compared.
    Wrong(String),
    Loading,
    Failed(String),
    /// Too few of them are there.
    Missing,
    Shown,
}

#[component]
fn CompareDialog(model: CompareModel) -> impl IntoView {
    let panel = NodeRef::<html::Section>::new();
    Effect::new(move |_| {
        if let Some(panel) = panel.get() {
            let _ = panel.focus();
        }
    });
    let state = memo(move || match (model.address.get(), model.compared.get()) {
        (Err(why), _) => ComparisonState::Wrong(why),
        (_, Compared::Loading) => ComparisonState::Loading,
        (_, Compared::Failed(why)) => ComparisonState::Failed(why),
        (_, Compared::Outputs(outputs)) if outputs.len() < 2 => ComparisonState::Missing,
        _ => ComparisonState::Shown,
    });
    let is_shown = memo(move || state.get() == ComparisonState::Shown);
    let title = memo(move || match model.shown.with(Vec::len) {
        count if is_shown.get() => format!("Compare {count} outputs"),
        _ => "Compare".to_owned(),
    });
    let missing = memo(move || {
        let named = model.address.with(|address| address.as_ref().map_or(0, |address| address.ids.len()));
        match named.saturating_sub(model.shown.with(Vec::len)) {
            0 => String::new(),
            1 => "One of the outputs at this address is not there any more.".to_owned(),
            count => format!("{count} of the outputs at this address are not there any more."),
        }
    });
    let mode_change = ModeChange::new(model);
    let navigate = use_navigate();
    let close = Callback::new(move |()| {
        let cursor = model.gallery.cursor.get_untracked();
        navigate(&untrack(|| model.back_url()), NavigateOptions { scroll: false, ..Default::default() });
        request_animation_frame(move || dom::focus(&tile_id(cursor)));
    });
    behind::leave_out();
    keys::listen(move |key| {
        match key {
            "1" | "2" | "3" | "4" => model.choose(usize::from(key.as_bytes()[0] - b'1')),
            "s" | "S" => model.toggle_star(model.chosen.get_untracked()),
            "Delete" => model.toggle_trash(model.chosen.get_untracked()),
            "m" | "M" if model.pictures.with_untracked(Vec::len) > 1 => mode_change.to_mode(model.mode.get_untracked().next()),
            "Escape" => close.run(()),
            // The search is behind this.
            "/" => {}
            _ => return false,
        }
        true
    });
    let back = memo(move || model.back_url());
    let message = move |title: &'static str, words: String| {
        view! {
            <div class="gallery-empty" role="alert">
                <h2>{title}</h2>
                <p>{words}</p>
                <a class="button" href=back>"Back to the gallery"</a>
            </div>
        }
        .erased()
    };
    view! {
        <section class="compare-page" role="dialog" aria-modal="true" aria-labelledby="compare-title" tabindex="-1" node_ref=panel>
            <header class="compare-bar">
                <h1 id="compare-title">{title}</h1>
                <When holds=is_shown><Modes model mode_change /></When>
                <a
                    class="icon-button compare-close"
                    href=back
                    aria-label="Back to the gallery"
                    on:click=listener(move |event: ev::MouseEvent| {
                        event.prevent_default();
                        close.run(());
                    })
                >
                    <Icon glyph=Glyph::Cross />
                </a>
            </header>
            {part(move || match state.get() {
                ComparisonState::Wrong(why) => message("There is nothing to compare", format!("{why} Select two to four outputs in the gallery, then Compare.")),
                ComparisonState::Loading => view! { <p class="note" role="status">"Loading…"</p> }.erased(),
                ComparisonState::Failed(why) => message("The outputs cannot be read", why),
                ComparisonState::Missing => message("There is nothing to compare", "The outputs at this address were removed for good, or never in the gallery.".to_owned()),
                ComparisonState::Shown => view! { <Comparison model missing /> }.into_any(),
            })}
        </section>
    }
    .into_any()
}

/// The outputs as the mode shows them, and their facts.
#[component]
fn Comparison(model: CompareModel, missing: Memo<String>) -> impl IntoView {
    // Stars and the like leave the pictures alone.
    let shown = memo(move || (model.mode.get(), model.pair.get(), model.shown.get()));
    let is_missing = memo(move || missing.with(|missing| !missing.is_empty()));
    let trashed = memo(move || {
        let in_trash = |at: &usize| model.of_output(*at, |output| output.deleted_at.is_some());
        let trashed: Vec<String> = (0..model.shown.with(Vec::len)).filter(in_trash).map(|at| (at + 1).to_string()).collect();
        if trashed.is_empty() {
            String::new()
        } else {
            format!("In the trash: {}. Choose it and press Delete to restore it.", trashed.join(", "))
        }
    });
    let is_trashed = memo(move || trashed.with(|trashed| !trashed.is_empty()));
    view! {
        <When holds=is_missing><p class="note compare-note" role="status">{missing}</p></When>
        {part(move || match shown.get().0 {
            CompareMode::SideBySide => view! { <SideBySide model /> }.into_any(),
            CompareMode::Swipe => view! { <Swipe model /> }.into_any(),
            CompareMode::Onion => view! { <OnionSkin model /> }.into_any(),
            CompareMode::Difference => view! { <Difference model /> }.into_any(),
            CompareMode::Flicker => view! { <Flicker model /> }.into_any(),
        })}
        <When holds=is_trashed><p class="note compare-note" role="status">{trashed}</p></When>
        <DifferingFacts model />
    }
    .into_any()
}
