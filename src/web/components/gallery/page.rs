//! The pages below `/gallery`: the results of a search, and one output above them.

use leptos::{ev, prelude::*};

use super::{
    compare::ComparePanel,
    facets::FacetPanel,
    grid::ResultGrid,
    import::{ImportLine, take_dropped},
    lightbox::Lightbox,
    loaded::PART,
    model::{Found, GalleryModel, first_of_server},
    search::{SEARCH, SearchField},
    tile::label,
    toolbar::Toolbar,
    url::file_url,
    url::gallery_url,
};
use crate::first_paint::FirstPaint;
use crate::{
    base_path::with_base,
    components::{
        boundary::Boundary,
        dom,
        later_styles::LaterStyles,
        reactive::{Erased, When, memo, part},
    },
};
use proto::gallery::{GalleryQuery, corrected};

/// The search for all that is in the trash.
const TRASHED: &str = "in:trash";

/// Search, facets, results and the lightbox.
#[component]
pub fn GalleryPanel() -> impl IntoView {
    let model = GalleryModel::new();
    let on_key = move |event: ev::KeyboardEvent| {
        let is_undo = (event.ctrl_key() || event.meta_key()) && !event.shift_key() && event.key().eq_ignore_ascii_case("z");
        if dom::is_typing() {
            return;
        }
        if is_undo && model.last_changes.with_untracked(|changes| !changes.is_empty()) {
            event.prevent_default();
            model.undo();
        } else if event.key() == "/" && !event.ctrl_key() && model.live.preferences_untracked().keys {
            event.prevent_default();
            dom::focus(SEARCH);
        }
    };
    let keys = window_event_listener(ev::keydown, on_key);
    on_cleanup(move || keys.remove());
    take_dropped(model);
    let offset = first_of_server().map(|first| first.offset).unwrap_or_default();
    let state = memo(move || match model.found.get() {
        Found::Searching => State::Searching,
        Found::Failed(why) => State::Failed(why),
        Found::Results { total: 0, .. } if model.query.with(|query| query.text.trim().is_empty()) => State::Empty,
        Found::Results { total: 0, .. } if model.query.with(|query| query.text.trim() == TRASHED) => State::NoTrash,
        Found::Results { total: 0, .. } => State::Nothing,
        Found::Results { .. } => State::Results,
    });
    let build = with_context::<FirstPaint, _>(|first| first.build.clone()).unwrap_or_default();
    view! {
        <LaterStyles />
        <link rel="stylesheet" href=with_base(&format!("/assets/{build}/gallery.css")) />
        <link rel="stylesheet" href=with_base(&format!("/assets/{build}/compare.css")) />
        <div class="gallery-page" class:dropping=model.dropping>
            <h1 class="visually-hidden">"Gallery"</h1>
            <SearchField model />
            <div class="gallery-body">
                <Boundary name="The facets"><FacetPanel model /></Boundary>
                <section class="gallery-results" aria-label="Outputs" aria-busy=memo(move || model.busy.get().to_string())>
                    <Toolbar model />
                    <ImportLine model />
                    <When holds=memo(move || model.in_trash() && model.results().1 > 0)>
                        <p class="trash-note">"Each of these is deleted for good 30 days after it came here."</p>
                    </When>
                    <Boundary name="The results">
                        {part(move || match state.get() {
                            State::Searching => view! { <p class="note" role="status">"Loading…"</p> }.erased(),
                            State::Failed(why) => view! {
                                <div class="gallery-problem">
                                    <p class="problem" role="alert">{why}</p>
                                    {corrected(&model.query.get().text).map(|text| {
                                        let query = GalleryQuery { text: text.clone(), ..model.query.get() };
                                        view! { <a class="button" href=gallery_url(None, &query)>{format!("Search for {text}")}</a> }.erased()
                                    })}
                                    <a class="button" href=with_base("/gallery")>"Show everything"</a>
                                </div>
                            }.erased(),
                            State::Empty => view! {
                                <div class="gallery-empty">
                                    <h2>"Nothing yet"</h2>
                                    <p>"Every picture, video and sound that your tasks make is here as soon as it is kept, and stays when its task is gone."</p>
                                    <p class="with-script">"What you made before comes in, too: drop the files here."</p>
                                    <a class="button" href=with_base("/")>"Make one in Studio"</a>
                                </div>
                            }.erased(),
                            State::NoTrash => view! {
                                <div class="gallery-empty">
                                    <h2>"The trash is empty"</h2>
                                    <p>"What you move here can be restored for 30 days."</p>
                                    <a class="button" href=with_base("/gallery")>"Show everything"</a>
                                </div>
                            }.erased(),
                            State::Nothing => view! {
                                <div class="gallery-empty">
                                    <h2>"Nothing is like this"</h2>
                                    <p>"No output has all that is asked for. Take a word away, or begin one with - to leave it out."</p>
                                    <a class="button" href=with_base("/gallery")>"Show everything"</a>
                                </div>
                            }.erased(),
                            State::Results if offset > 0 => plain_part(model),
                            State::Results => view! { <ResultGrid model /> }.into_any(),
                        })}
                        <PlainPages model offset />
                    </Boundary>
                </section>
            </div>
            <Boundary name="The output"><Lightbox model /></Boundary>
            <Boundary name="The comparison"><ComparePanel model /></Boundary>
        </div>
    }
    .into_any()
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Searching,
    Failed(String),
    /// There is nothing at all.
    Empty,
    /// Nothing is in the trash.
    NoTrash,
    /// The search finds nothing.
    Nothing,
    Results,
}

/// A later part of the list, without JavaScript.
fn plain_part(model: GalleryModel) -> AnyView {
    let tiles: Vec<_> = model.tiles.with_untracked(|tiles| (0..PART).filter_map(|index| tiles.get(index).cloned()).collect());
    let query = model.query.get_untracked();
    let tile = move |tile: proto::gallery::GalleryTile| {
        let name = label(&tile);
        view! {
            <li class="tile">
                <a class="tile-link" href=gallery_url(Some(tile.id), &query) aria-label=name>
                    <img src=file_url(tile.id, Some(320)) alt="" loading="lazy" width="320" height="320" />
                </a>
            </li>
        }
        .erased()
    };
    view! { <ul class="gallery-grid" aria-label="Results">{tiles.into_iter().map(tile).collect_view()}</ul> }.erased()
}

/// Links to the parts of the list before and after, for pages without JavaScript.
#[component]
fn PlainPages(model: GalleryModel, offset: u64) -> impl IntoView {
    let total = memo(move || model.results().1);
    let url = move |offset: u64| {
        let url = model.query.with(|query| gallery_url(None, query));
        if offset == 0 {
            return url;
        }
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}offset={offset}")
    };
    view! {
        <nav class="gallery-pages without-script" aria-label="Parts of the list">
            {(offset > 0).then(|| view! { <a class="button" href=url(offset.saturating_sub(PART))>"Previous"</a> }.erased())}
            {part(move || if offset + PART < total.get() {
                view! { <a class="button" href=url(offset + PART)>"Next"</a> }.erased()
            } else {
                ().into_any()
            })}
        </nav>
    }
    .into_any()
}
