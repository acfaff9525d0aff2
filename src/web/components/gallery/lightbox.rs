//! One output, large, with all that is known of it beside it.

use leptos::{ev, html, prelude::*, task::spawn_local};

use super::{
    copied::copy,
    glyphs::{LEFT, RIGHT},
    layout::tile_id,
    model::{GalleryModel, first_of_server},
    parameters::{Parameters, TAG},
    tile::label,
    url::file_url,
    url::gallery_url,
    words::call_error,
};
use crate::{
    api::fetch_gallery_detail,
    base_path::{use_navigate, use_path},
    components::{
        connection::words as connection_words,
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, When, listener, memo, part},
        stage::ZoomWindow,
        status_bar,
    },
};
use proto::{
    gallery::{GalleryChange, GalleryDetail, GalleryId},
    link::LinkState,
    task::OutputKind,
};

/// Shown until the picture itself has come; the pixels of its longer side.
const THUMBNAIL: u32 = 640;

/// What is known of the output at the address.
#[derive(Clone, Debug, PartialEq)]
enum Shown {
    Loading,
    Missing,
    Failed(String),
    Output(Box<GalleryDetail>),
}

/// Over the grid, while the address names an output.
#[component]
pub(super) fn Lightbox(model: GalleryModel) -> impl IntoView {
    let path = use_path();
    let name = memo(move || {
        let name = path.with(|path| path.strip_prefix("/gallery/").map(|name| name.trim_end_matches('/').to_owned()));
        // Another page above the list.
        name.filter(|name| name != "compare")
    });
    let is_open = memo(move || name.with(|name| name.as_ref().is_some_and(|name| !name.is_empty())));
    let id = memo(move || name.get().and_then(|name| name.parse::<GalleryId>().ok()));
    let first = first_of_server().and_then(|first| first.detail);
    let shown = RwSignal::new(match (first, id.get_untracked()) {
        (Some(detail), Some(id)) if detail.tile.id == id => Shown::Output(Box::new(detail)),
        (_, Some(_)) if first_of_server().is_none() => Shown::Loading,
        _ => Shown::Missing,
    });
    let read = move |id: GalleryId| {
        let query = model.query.get_untracked();
        spawn_local(async move {
            let answer = fetch_gallery_detail(id, query).await;
            if id_now(name) != Some(id) {
                return;
            }
            shown.set(match answer {
                Ok(Ok(Some(detail))) => Shown::Output(Box::new(detail)),
                Ok(Ok(None)) => Shown::Missing,
                Ok(Err(why)) => Shown::Failed(why),
                Err(error) => Shown::Failed(call_error(error)),
            });
        });
    };
    Effect::new(move |earlier: Option<Option<GalleryId>>| {
        let id = id.get();
        // What changed of it is to be seen, too.
        model.last_changes.track();
        let is_known =
            earlier.is_none() && shown.with_untracked(|shown| matches!(shown, Shown::Output(detail) if Some(detail.tile.id) == id));
        if let Some(wanted) = id
            && !is_known
        {
            // What is shown stays until the next has come.
            if shown.with_untracked(|shown| !matches!(shown, Shown::Output(_))) {
                shown.set(Shown::Loading);
            }
            read(wanted);
        }
        id
    });
    // What could not be read is read again when Darkroom is back.
    Effect::new(move |earlier: Option<bool>| {
        let connected = model.live.connection().state == LinkState::Connected;
        if let (Some(false), true, Some(id)) = (earlier, connected, id.get_untracked())
            && shown.with_untracked(|shown| matches!(shown, Shown::Failed(_)))
        {
            read(id);
        }
        connected
    });
    let detail = memo(move || shown.with(|shown| if let Shown::Output(detail) = shown { Some((**detail).clone()) } else { None }));
    let neighbour = move |pick: fn(&GalleryDetail) -> Option<GalleryId>| {
        memo(move || detail.with(|detail| detail.as_ref().and_then(pick)).map(|id| gallery_url(Some(id), &model.query.get())))
    };
    let (earlier, later) = (neighbour(|detail| detail.before), neighbour(|detail| detail.after));
    let close_url = memo(move || gallery_url(None, &model.query.get()));
    let navigate = StoredValue::new(use_navigate());
    let go = move |url: Option<String>| {
        if let Some(url) = url {
            navigate.with_value(|navigate| navigate(&url, leptos_router::NavigateOptions { scroll: false, ..Default::default() }));
        }
    };
    let close = move || {
        let at = id.get_untracked().and_then(|id| model.tiles.with_untracked(|tiles| tiles.index_of(id)));
        if let Some(at) = at {
            model.cursor.set(at);
        }
        go(Some(close_url.get_untracked()));
        request_animation_frame(move || dom::focus(&tile_id(model.cursor.get_untracked())));
    };
    let is_lost = status_bar::lost(model.live);
    let lost = memo(move || {
        let poll_every_ms = model.live.preferences().poll_every_ms;
        is_lost.get().then(|| connection_words::lost(&model.live.connection(), model.live.now(), poll_every_ms))
    });
    let panel = NodeRef::<html::Section>::new();
    let on_key = move |event: ev::KeyboardEvent| {
        if !is_open.get_untracked() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        if dom::is_typing() {
            // Out of the field; once more closes.
            if let (true, Some(panel)) = (event.key() == "Escape", panel.get_untracked()) {
                let _ = panel.focus();
            }
            return;
        }
        let Some(id) = id.get_untracked() else { return };
        // A person may have turned off keys without Ctrl.
        let is_single = event.key().chars().count() == 1;
        if is_single && !model.live.preferences_untracked().keys {
            return;
        }
        let read = detail.get_untracked();
        match event.key().as_str() {
            "Escape" => close(),
            "j" | "J" | "ArrowRight" => go(later.get_untracked()),
            "k" | "K" | "ArrowLeft" => go(earlier.get_untracked()),
            "s" | "S" => model.change_one(id, GalleryChange::Star(!read.is_some_and(|detail| detail.tile.star))),
            "#" => dom::focus(TAG),
            "c" | "C" => match read {
                Some(detail) if !detail.facts.prompt.is_empty() => copy(model.live, detail.facts.prompt),
                _ => return,
            },
            "Delete" => {
                let in_trash = read.is_some_and(|detail| detail.deleted_at.is_some());
                model.change_one(id, if in_trash { GalleryChange::Restore } else { GalleryChange::Trash });
                // Whoever sorts out goes on with the next.
                if !in_trash {
                    go(later.get_untracked().or_else(|| earlier.get_untracked()));
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let keys = window_event_listener(ev::keydown, on_key);
    on_cleanup(move || keys.remove());
    Effect::new(move |_| {
        if is_open.get()
            && let Some(panel) = panel.get()
        {
            let _ = panel.focus();
        }
    });
    let swipe = StoredValue::new(None::<(i32, i32)>);
    let on_down = move |event: ev::PointerEvent| {
        swipe.set_value((event.pointer_type() == "touch" && event.is_primary()).then(|| (event.client_x(), event.client_y())));
    };
    let on_up = move |event: ev::PointerEvent| {
        let Some((x, y)) = swipe.try_update_value(Option::take).flatten() else { return };
        let (across, down) = (event.client_x() - x, event.client_y() - y);
        if across.abs() > 60 && across.abs() > 2 * down.abs() {
            go(if across < 0 { later.get_untracked() } else { earlier.get_untracked() });
        }
    };
    let arrow = move |url: Memo<Option<String>>, class: &'static str, glyph: Glyph, word: &'static str| {
        part(move || match url.get() {
            Some(url) => view! { <a class=format!("lightbox-arrow {class}") href=url aria-label=word><Icon glyph /></a> }.erased(),
            None => ().into_any(),
        })
    };
    view! {
        <When holds=is_open>
            <section class="lightbox" role="dialog" aria-modal="true" aria-label="Output" tabindex="-1" node_ref=panel>
                <div class="lightbox-picture" on:pointerdown=listener(on_down) on:pointerup=listener(on_up)>
                    {part(move || match id.get() {
                        Some(id) => view! { <LargeOutput id detail model /> }.erased(),
                        None => ().into_any(),
                    })}
                    {arrow(earlier, "earlier", LEFT, "Previous")}
                    {arrow(later, "later", RIGHT, "Next")}
                    <a
                        class="lightbox-close icon-button"
                        href=close_url
                        aria-label="Close"
                        on:click=listener(move |event: ev::MouseEvent| {
                            event.prevent_default();
                            close();
                        })
                    >
                        <Icon glyph=Glyph::Cross />
                    </a>
                </div>
                <aside class="lightbox-side" aria-label="About it">
                    // The line that says so lies below.
                    {part(move || match lost.get() {
                        Some((first, rest)) => view! { <p class="notice lightbox-lost"><b>{first}</b>" "{rest}</p> }.erased(),
                        None => ().into_any(),
                    })}
                    {part(move || match shown.get() {
                        Shown::Loading => view! { <p class="note" role="status">"Loading…"</p> }.erased(),
                        Shown::Missing => view! {
                            <div class="plain-page">
                                <h1>"There is no such output"</h1>
                                <p>"It was removed for good, or the address is mistyped."</p>
                            </div>
                        }.erased(),
                        Shown::Failed(why) => view! {
                            <p class="problem" role="alert">{why}</p>
                            <button type="button" class="button" on:click=listener(move |_| id.get_untracked().into_iter().for_each(read))>"Try again"</button>
                        }.into_any(),
                        Shown::Output(detail) => view! { <Parameters model detail=*detail /> }.erased(),
                    })}
                </aside>
            </section>
        </When>
    }
    .into_any()
}

fn id_now(name: Memo<Option<String>>) -> Option<GalleryId> {
    name.try_get_untracked().flatten().and_then(|name| name.parse().ok())
}

/// The picture, which can be enlarged, the video or the sound.
#[component]
fn LargeOutput(id: GalleryId, detail: Memo<Option<GalleryDetail>>, model: GalleryModel) -> impl IntoView {
    // The list may know it before its details have come.
    let tile = memo(move || {
        let known = detail.with(|detail| detail.as_ref().map(|detail| detail.tile.clone()).filter(|tile| tile.id == id));
        known.or_else(|| model.tiles.with(|tiles| tiles.index_of(id).and_then(|at| tiles.get(at).cloned())))
    });
    let kind = memo(move || tile.with(|tile| tile.as_ref().map(|tile| tile.kind)));
    let alt = memo(move || tile.with(|tile| tile.as_ref().map(label).unwrap_or_default()));
    let is_picture = memo(move || matches!(kind.get(), Some(Some(OutputKind::Image))));
    let loaded = RwSignal::new(false);
    // Its thumbnail has all of its pixels: neither is shown larger than it is.
    let is_small = memo(move || tile.with(|tile| tile.as_ref().is_some_and(|tile| tile.width.max(tile.height) <= THUMBNAIL)));
    view! {
        <ZoomWindow holds=is_picture>
            {part(move || match kind.get() {
                None => ().into_any(),
                Some(Some(OutputKind::Image)) => view! {
                    <img class="stage-picture" src=file_url(id, Some(THUMBNAIL)) alt="" class:covered=loaded class:small=is_small />
                    <img
                        class="stage-picture result natural"
                        src=file_url(id, None)
                        alt=alt
                        on:load=listener(move |_| loaded.set(true))
                    />
                }.into_any(),
                Some(Some(OutputKind::Video)) => view! {
                    <video class="stage-picture" src=file_url(id, None) controls loop autoplay aria-label=alt></video>
                }.erased(),
                Some(Some(OutputKind::Audio)) => view! {
                    <div class="stage-center"><audio src=file_url(id, None) controls aria-label=alt></audio></div>
                }.erased(),
                Some(_) => view! {
                    <div class="stage-center"><a class="button" href=format!("{}?download=1", file_url(id, None))>"Download"</a></div>
                }.erased(),
            })}
        </ZoomWindow>
    }
    .into_any()
}
