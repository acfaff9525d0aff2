//! Two pictures with an edge between them: the first is left of it, the second right.

use leptos::{ev, html, prelude::*, web_sys::HtmlDivElement};

use super::{super::window::set_property, layers::Layers, model::CompareModel};
use crate::components::reactive::{listener, memo};

/// Percent for one key press, and with Shift.
const STEP: i32 = 1;
const LARGE_STEP: i32 = 10;

#[component]
pub(super) fn Swipe(model: CompareModel) -> impl IntoView {
    let stage = NodeRef::<html::Div>::new();
    let handle = NodeRef::<html::Div>::new();
    // In tenths of a percent from the left.
    let edge = RwSignal::new(500);
    let dragging = StoredValue::new(false);
    Effect::new(move |_| {
        let edge = edge.get();
        if let Some(stage) = stage.get() {
            set_property(&stage, "--edge", &format!("{}.{}%", edge / 10, edge % 10));
        }
    });
    let drag = move |event: &ev::PointerEvent| {
        if let Some(at) = stage.get_untracked().and_then(|stage| across(&stage, event.client_x())) {
            edge.set(at);
        }
    };
    let down = move |event: ev::PointerEvent| {
        if event.button() != 0 {
            return;
        }
        dragging.set_value(true);
        if let Some(handle) = handle.get_untracked() {
            // Without it the drag ends at the edge of the handle.
            let _ = handle.set_pointer_capture(event.pointer_id());
            let _ = handle.focus();
        }
        event.prevent_default();
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let step = 10 * if event.shift_key() { LARGE_STEP } else { STEP };
        let now = edge.get_untracked();
        let next = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now - step,
            "ArrowRight" | "ArrowUp" => now + step,
            "PageDown" => now - 10 * LARGE_STEP,
            "PageUp" => now + 10 * LARGE_STEP,
            "Home" => 0,
            "End" => 1_000,
            _ => return,
        };
        event.prevent_default();
        edge.set(next.clamp(0, 1_000));
    };
    let words = memo(move || {
        let percent = (edge.get() + 5) / 10;
        format!("{percent} % of A, {} % of B", 100 - percent)
    });
    view! {
        <Layers model class="compare-swipe" stage>
            <div
                class="compare-divider with-script"
                role="slider"
                tabindex="0"
                aria-label="Edge between A and B"
                aria-orientation="horizontal"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=memo(move || ((edge.get() + 5) / 10).to_string())
                aria-valuetext=words
                node_ref=handle
                on:keydown=listener(on_key)
                on:pointerdown=listener(down)
                on:pointermove=listener(move |event: ev::PointerEvent| if dragging.get_value() { drag(&event) })
                on:pointerup=listener(move |_: ev::PointerEvent| dragging.set_value(false))
                on:pointercancel=listener(move |_: ev::PointerEvent| dragging.set_value(false))
            >
                <span class="compare-grip" aria-hidden="true"></span>
            </div>
        </Layers>
        <div class="compare-tools"><p class="note">"A is left of the edge, B right of it. Drag it, or use the arrow keys."</p></div>
    }
    .into_any()
}

/// Where a place of the window is across an element, in tenths of a percent.
fn across(element: &HtmlDivElement, x: i32) -> Option<i32> {
    #[cfg(feature = "hydrate")]
    {
        let place = element.get_bounding_client_rect();
        let share = (f64::from(x) - place.left()) / place.width().max(1.0);
        Some((share.clamp(0.0, 1.0) * 1_000.0) as i32)
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (element, x);
        None
    }
}
