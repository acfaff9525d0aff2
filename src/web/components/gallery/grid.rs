//! The results in a grid, of which only the rows near the window are drawn.

use leptos::{ev, html, prelude::*};

use super::{
    layout::{DrawnRows, GridLayout, tile_id},
    loaded::PART,
    model::GalleryModel,
    selection::Selected,
    tile::Tile,
    window::{self, WindowPlace},
};
use crate::components::{
    dom,
    reactive::{Erased, listener, memo, rows},
};
use proto::gallery::GalleryChange;

/// What the grid measured of itself. `None` before the first look: as the server renders it.
type Measured = Option<(GridLayout, WindowPlace)>;

/// Arrow keys go from tile to tile; Enter opens, Space selects, Ctrl+A selects all, Escape nothing, Delete moves what is selected to the trash.
#[component]
pub(super) fn ResultGrid(model: GalleryModel) -> impl IntoView {
    let list = NodeRef::<html::Ul>::new();
    let (above, below) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    let place = RwSignal::new(None::<WindowPlace>);
    let total = memo(move || model.results().1);
    let measured = memo(move || -> Measured {
        let place = place.get()?;
        Some((GridLayout::new(place.width, place.least_tile, place.gap, total.get()), place))
    });
    let drawn = memo(move || match measured.get() {
        Some((layout, place)) => layout.drawn(place.above, place.height),
        None => DrawnRows { first: 0, count: total.get().min(PART), above: 0, below: 0 },
    });
    let keys = memo(move || {
        let drawn = drawn.get();
        (drawn.first..drawn.first + drawn.count).map(u128::from).collect::<Vec<_>>()
    });
    let look = move || {
        let Some(list) = list.get_untracked() else { return };
        let space = above.get_untracked().map_or(0, |above| u64::from(above.offset_height().unsigned_abs()));
        let seen = window::measure(&list, space);
        if place.get_untracked() != Some(seen) {
            place.set(Some(seen));
        }
        let is_top = window::scrolled() < 200.0;
        if model.at_top.get_untracked() != is_top {
            model.at_top.set(is_top);
        }
    };
    Effect::new(move |_| {
        // The results that the server rendered are there before the first look.
        list.track();
        total.track();
        look();
    });
    for event in ["scroll", "resize"] {
        let handle = window_event_listener_untyped(event, move |_| look());
        on_cleanup(move || handle.remove());
    }
    Effect::new(move |_| {
        let drawn = drawn.get();
        for (space, height) in [(above, drawn.above), (below, drawn.below)] {
            if let Some(space) = space.get() {
                window::set_property(&space, "height", &format!("{height}px"));
            }
        }
        if let (Some((layout, place)), Some(list)) = (measured.get(), list.get()) {
            window::set_property(&list, "grid-auto-rows", &format!("{}px", layout.row_height.saturating_sub(place.gap)));
        }
        if drawn.count > 0 {
            for part in drawn.first / PART..=(drawn.first + drawn.count - 1) / PART {
                model.load_part(part);
            }
        }
    });
    let go_to = move |index: u64| {
        let Some((layout, place)) = measured.get_untracked() else { return };
        let index = index.min(layout.reachable().saturating_sub(1));
        model.cursor.set(index);
        if let Some(above) = layout.scroll_to(index, place.above, place.height) {
            window::scroll_by(above as f64 - place.above as f64);
            look();
        }
        // It may have to be drawn first.
        request_animation_frame(move || dom::focus(&tile_id(index)));
    };
    let move_to = move |event: &ev::KeyboardEvent| {
        let columns = measured.get_untracked().map_or(1, |(layout, _)| u64::from(layout.columns));
        let rows = measured.get_untracked().map_or(1, |(layout, place)| (place.height / u64::from(layout.row_height)).max(1));
        let at = model.cursor.get_untracked();
        let next = match event.key().as_str() {
            "ArrowRight" => at + 1,
            "ArrowLeft" => at.saturating_sub(1),
            "ArrowDown" => at + columns,
            "ArrowUp" if at < columns => at,
            "ArrowUp" => at - columns,
            "PageDown" => at + rows * columns,
            "PageUp" => at.saturating_sub(rows * columns),
            "Home" => 0,
            "End" => u64::MAX,
            _ => return,
        };
        event.prevent_default();
        if event.shift_key() {
            model.select_range(at, next.min(total.get_untracked().saturating_sub(1)));
        }
        go_to(next);
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let has_selection = model.selected.with_untracked(|selected| !selected.is_empty(total.get_untracked()));
        match (event.ctrl_key() || event.meta_key(), event.key().as_str()) {
            (true, "a" | "A") => model.selected.set(Selected::all()),
            (false, "Escape") if has_selection => model.selected.set(Selected::default()),
            (false, "Delete") if has_selection && !untrack(|| model.in_trash()) => model.change_selected(GalleryChange::Trash),
            (true, _) => return,
            (false, _) if event.alt_key() => return,
            _ => return move_to(&event),
        }
        event.prevent_default();
    };
    view! {
        <div class="gallery-space" node_ref=above aria-hidden="true"></div>
        <ul
            class="gallery-grid"
            id="gallery-grid"
            node_ref=list
            aria-label="Results"
            class:selecting=memo(move || model.selected.with(|selected| !selected.is_empty(total.get())))
            on:keydown=listener(on_key)
            on:pointerenter=listener(move |event: ev::PointerEvent| model.pointed.set_value(event.pointer_type() == "mouse"))
            on:pointerleave=listener(move |_: ev::PointerEvent| model.pointed.set_value(false))
        >
            {rows(keys, move |index| {
                let index = u64::try_from(index).unwrap_or(u64::MAX);
                view! { <Tile index model /> }.erased()
            })}
        </ul>
        <div class="gallery-space" node_ref=below aria-hidden="true"></div>
    }
    .into_any()
}
