//! Lines over the picture: shown, and drawn.

use leptos::{ev, prelude::*};

use super::{player::Player, review_draft::ReviewDrafts};
use crate::components::reactive::{Erased, listener, memo, part};
use proto::production::{DRAWING_SIZE, DrawnColor, DrawnLine};

/// Points that are nearer to the last one are left out.
const NEAR: u16 = 40;

pub(super) fn color_word(color: DrawnColor) -> &'static str {
    match color {
        DrawnColor::Red => "red",
        DrawnColor::Yellow => "yellow",
        DrawnColor::Blue => "blue",
    }
}

/// `drafts` `None`: nobody draws here.
pub(super) fn drawing_layer(player: Player, drafts: Option<ReviewDrafts>) -> AnyView {
    let lines = memo(move || match drafts {
        Some(drafts) => drafts.drawing(),
        None => player.shot.with(|shot| shot.as_ref().and_then(|shot| Some(shot.take.as_ref()?.drawing.clone())).unwrap_or_default()),
    });
    let draws = memo(move || drafts.is_some_and(|drafts| drafts.draws.get()));
    let begin = move |event: ev::PointerEvent| {
        let Some(drafts) = drafts.filter(|drafts| drafts.draws.get_untracked()) else { return };
        if event.button() != 0 || !event.is_primary() {
            return;
        }
        event.prevent_default();
        player.stop();
        capture(&event);
        if let Some(point) = point_of(&event) {
            drafts.begin_line(point);
        }
    };
    let go_on = move |event: ev::PointerEvent| {
        let Some(drafts) = drafts.filter(|drafts| drafts.is_drawing.get_untracked()) else { return };
        if let Some(point) = point_of(&event) {
            drafts.add_point(point, NEAR);
        }
    };
    let end = move |_: ev::PointerEvent| {
        if let Some(drafts) = drafts {
            drafts.is_drawing.set(false);
        }
    };
    let view_box = format!("0 0 {DRAWING_SIZE} {DRAWING_SIZE}");
    view! {
        <svg
            class="dailies-drawing"
            class:draws=draws
            viewBox=view_box
            preserveAspectRatio="none"
            role="img"
            aria-label=memo(move || match lines.with(Vec::len) {
                0 => "Nothing is drawn over it".to_owned(),
                1 => "A line is drawn over it".to_owned(),
                number => format!("{number} lines are drawn over it"),
            })
            on:pointerdown=listener(begin)
            on:pointermove=listener(go_on)
            on:pointerup=listener(end)
            on:pointercancel=listener(end)
        >
            {part(move || lines.get().iter().map(drawn).collect_view().into_any())}
        </svg>
    }
    .erased()
}

fn drawn(line: &DrawnLine) -> AnyView {
    let mut points: Vec<String> = line.points.iter().map(|[x, y]| format!("{x},{y}")).collect();
    // A dot is a line to itself, whose ends are round.
    if let [only] = points.as_slice() {
        points.push(only.clone());
    }
    view! { <polyline class="drawn" data-color=color_word(line.color) points=points.join(" ") /> }.into_any()
}

/// Where the pointer is in the picture, in the units of [`DrawnLine`].
fn point_of(event: &ev::PointerEvent) -> Option<[u16; 2]> {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{wasm_bindgen::JsCast, web_sys::Element};
        let element = event.current_target()?.dyn_into::<Element>().ok()?;
        let place = element.get_bounding_client_rect();
        let part = |at: f64, from: f64, length: f64| {
            let share = if length > 0.0 { (at - from) / length } else { 0.0 };
            (share.clamp(0.0, 1.0) * f64::from(DRAWING_SIZE)).round() as u16
        };
        Some([part(event.client_x().into(), place.left(), place.width()), part(event.client_y().into(), place.top(), place.height())])
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// The line goes on also where the pointer leaves the picture.
fn capture(event: &ev::PointerEvent) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{wasm_bindgen::JsCast, web_sys::Element};
        if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}
