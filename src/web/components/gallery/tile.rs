//! One output in the grid.

use leptos::{ev, prelude::*, wasm_bindgen::JsCast};

use super::{glyphs::STAR, layout::tile_id, model::GalleryModel, url::file_url, url::gallery_url};
use crate::components::{
    icon::{Glyph, Icon},
    page_state::use_page_state,
    reactive::{Erased, When, listener, memo, part, truth},
};
use proto::{
    gallery::{GalleryId, GalleryTile},
    task::OutputKind,
};

/// Loads when it comes near. `index`: its place in the list.
#[component]
pub(super) fn Tile(index: u64, model: GalleryModel) -> impl IntoView {
    let page = use_page_state();
    let tile = memo(move || model.tiles.with(|tiles| tiles.get(index).cloned()));
    let id = memo(move || tile.with(|tile| tile.as_ref().map(|tile| tile.id)));
    let selected = memo(move || id.get().is_some_and(|id| model.selected.with(|selected| selected.has(id))));
    let total = memo(move || model.results().1.to_string());
    let label = memo(move || tile.with(|tile| tile.as_ref().map(label).unwrap_or_default()));
    let starred = memo(move || tile.with(|tile| tile.as_ref().is_some_and(|tile| tile.star)));
    let rating = memo(move || tile.with(|tile| tile.as_ref().map_or(0, |tile| tile.rating)));
    // A picture that is another one now has another element: it never shows the old one meanwhile.
    let shown = memo(move || tile.with(|tile| tile.as_ref().map(|tile| (tile.id, tile.kind))));
    let hovered = RwSignal::new(false);
    let select = move |event: &ev::MouseEvent| {
        let Some(id) = id.get_untracked() else { return };
        if event.shift_key() {
            // Not from the cursor: that is here since the button was pressed.
            model.select_range(model.anchor.get_value(), index);
        } else {
            model.selected.update(|selected| selected.toggle(id));
            model.anchor.set_value(index);
        }
        model.cursor.set(index);
    };
    let on_click = move |event: ev::MouseEvent| {
        let is_selecting = model.selected.with_untracked(|selected| !selected.is_empty(untrack(|| model.results()).1));
        // Enter opens also what is selected: such a click has no count.
        let is_of_pointer = event.detail() != 0;
        if is_of_pointer && (event.shift_key() || (is_selecting && !event.ctrl_key() && !event.meta_key())) {
            event.prevent_default();
            select(&event);
        } else {
            model.cursor.set(index);
            model.anchor.set_value(index);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if let (" ", Some(id)) = (event.key().as_str(), id.get_untracked()) {
            event.prevent_default();
            model.selected.update(|selected| selected.toggle(id));
            model.anchor.set_value(index);
        }
    };
    let href = memo(move || id.get().map(|id| gallery_url(Some(id), &model.query.get())));
    view! {
        <li class="tile" class:selected=selected aria-posinset=(index + 1).to_string() aria-setsize=total>
            <a
                class="tile-link"
                id=tile_id(index)
                href=href
                aria-label=label
                title=label
                tabindex=memo(move || (page.is_hydrated() && model.cursor.get() != index).then(|| "-1".to_owned()))
                on:click=listener(on_click)
                on:keydown=listener(on_key)
                on:focus=listener(move |_| model.cursor.set(index))
                on:pointerenter=listener(move |_| hovered.set(true))
                on:pointerleave=listener(move |_| hovered.set(false))
                on:contextmenu=listener(move |event: ev::MouseEvent| {
                    // A long press.
                    if event.dyn_ref::<ev::PointerEvent>().is_some_and(|event| event.pointer_type() == "touch") {
                        event.prevent_default();
                        if let Some(id) = id.get_untracked() {
                            model.selected.update(|selected| selected.toggle(id));
                        }
                    }
                })
            >
                {part(move || match shown.get() {
                    Some((id, kind)) => content(id, kind, hovered),
                    None => ().into_any(),
                })}
                <span class="tile-marks" aria-hidden="true">
                    {part(move || match rating.get() {
                        0 => ().into_any(),
                        rating => view! { <span class="tile-rating">{format!("{rating}/5")}</span> }.erased(),
                    })}
                    <When holds=starred><span class="tile-star"><Icon glyph=STAR /></span></When>
                </span>
            </a>
            <button
                type="button"
                class="tile-check with-script"
                aria-pressed=truth(move || selected.get())
                aria-label="Select"
                tabindex="-1"
                on:click=listener(move |event: ev::MouseEvent| select(&event))
            >
                <Icon glyph=Glyph::Check />
            </button>
        </li>
    }
    .erased()
}

/// A picture, the first picture of a video that plays while it is pointed at, or a card.
fn content(id: GalleryId, kind: Option<OutputKind>, hovered: RwSignal<bool>) -> AnyView {
    let card = |glyph, word: &'static str| view! { <span class="tile-card"><Icon glyph /><span>{word}</span></span> }.erased();
    match kind {
        Some(OutputKind::Image) => view! {
            <img src=file_url(id, Some(320)) alt="" loading="lazy" decoding="async" width="320" height="320" />
        }
        .erased(),
        Some(OutputKind::Video) => view! {
            <video class="tile-video" src=format!("{}#t=0.1", file_url(id, None)) prop:muted=true playsinline preload="metadata" tabindex="-1"></video>
            <span class="tile-kind" aria-hidden="true"><Icon glyph=Glyph::Play /></span>
            <When holds=hovered>
                <video class="tile-video" src=file_url(id, None) autoplay loop prop:muted=true playsinline tabindex="-1"></video>
            </When>
        }
        .into_any(),
        Some(OutputKind::Audio) => card(Glyph::Play, "Sound"),
        Some(OutputKind::Text) => card(Glyph::Page, "Text"),
        Some(OutputKind::File) | None => card(Glyph::File, "File"),
    }
}

/// What it is called where it is not seen.
pub(super) fn label(tile: &GalleryTile) -> String {
    let kind = match tile.kind {
        Some(OutputKind::Image) => "Picture",
        Some(OutputKind::Video) => "Video",
        Some(OutputKind::Audio) => "Sound",
        Some(OutputKind::Text) => "Text",
        Some(OutputKind::File) | None => "File",
    };
    let star = if tile.star { ", starred" } else { "" };
    let rating = if tile.rating > 0 { format!(", rated {} of 5", tile.rating) } else { String::new() };
    if tile.label.is_empty() { format!("{kind}{star}{rating}") } else { format!("{kind}{star}{rating}: {}", tile.label) }
}
