//! The edges of an extended picture, which are dragged in the editor's window. The fields beside it are the same for the keyboard.

use leptos::{ev, prelude::*};

use super::{choices::EditKind, model::InpaintModel};
use crate::components::reactive::{Erased, When, listener, memo};
use proto::{edit::EditField, limits};

/// Edges move in steps of so many pixels: models work in such cells.
const STEP: f64 = 8.0;

#[derive(Clone, Copy, PartialEq, Eq)]
enum PictureSide {
    Left,
    Top,
    Right,
    Bottom,
}

/// A drag in progress: where it began, and by how much the picture was extended then.
#[derive(Clone, Copy)]
struct EdgeDrag {
    at: f64,
    from: f64,
}

/// A line on each side, in pixels of the source.
#[component]
pub(super) fn EdgeHandles(model: InpaintModel) -> impl IntoView {
    let extends = memo(move || model.choices.with(|choices| choices.kind == EditKind::Outpaint));
    view! {
        <When holds=extends>
            {[PictureSide::Left, PictureSide::Top, PictureSide::Right, PictureSide::Bottom].map(|side| handle(model, side)).into_iter().collect_view()}
        </When>
    }
    .erased()
}

fn handle(model: InpaintModel, side: PictureSide) -> AnyView {
    let drag = StoredValue::new(None::<EdgeDrag>);
    let line = memo(move || side.line(model));
    let begin = move |event: ev::PointerEvent| {
        if event.button() != 0 {
            return;
        }
        // Neither painted nor moved: this is the edge's.
        event.stop_propagation();
        event.prevent_default();
        capture(&event);
        model.dragged.set(true);
        drag.set_value(Some(EdgeDrag { at: side.place(&event), from: untrack(|| side.extent(model)) }));
    };
    let go_on = move |event: ev::PointerEvent| {
        let Some(EdgeDrag { at, from }) = drag.get_value() else { return };
        event.stop_propagation();
        let scale = model.editor.viewport.with_untracked(|viewport| viewport.scale).max(f64::EPSILON);
        let outwards = if matches!(side, PictureSide::Left | PictureSide::Top) { at - side.place(&event) } else { side.place(&event) - at };
        let extent = ((from + outwards / scale) / STEP).round() * STEP;
        side.extend(model, extent.clamp(0.0, f64::from(limits::EDIT_SIDE)));
    };
    let end = move |event: ev::PointerEvent| {
        if drag.try_update_value(Option::take).flatten().is_some() {
            event.stop_propagation();
            model.dragged.set(false);
        }
    };
    view! {
        <path
            class="mask-edge"
            data-side=side.name()
            d=line
            on:pointerdown=listener(begin)
            on:pointermove=listener(go_on)
            on:pointerup=listener(end)
            on:pointercancel=listener(end)
        />
        <path class="mask-grip" d=memo(move || side.grip(model)) />
    }
    .into_any()
}

fn capture(event: &ev::PointerEvent) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{wasm_bindgen::JsCast, web_sys};
        if let Some(element) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

impl PictureSide {
    fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Top => "top",
            Self::Right => "right",
            Self::Bottom => "bottom",
        }
    }

    fn field(self) -> EditField {
        match self {
            Self::Left => EditField::Left,
            Self::Top => EditField::Top,
            Self::Right => EditField::Right,
            Self::Bottom => EditField::Bottom,
        }
    }

    /// In the window, CSS pixels.
    fn place(self, event: &ev::PointerEvent) -> f64 {
        f64::from(if matches!(self, Self::Left | Self::Right) { event.client_x() } else { event.client_y() })
    }

    /// By how much the picture is extended, in its pixels. What is no number is 0.
    fn extent(self, model: InpaintModel) -> f64 {
        let mut choices = model.choices.get();
        choices.text(self.field()).and_then(|text| text.trim().parse().ok()).unwrap_or_default()
    }

    fn extend(self, model: InpaintModel, pixels: f64) {
        model.choices.maybe_update(|choices| {
            let Some(text) = choices.text(self.field()) else { return false };
            let typed = format!("{pixels:.0}");
            let changed = *text != typed;
            *text = typed;
            changed
        });
    }

    /// Left, top, right and bottom of the extended picture, in pixels of the source.
    fn frame(model: InpaintModel) -> [f64; 4] {
        let size = model.choices.with(|choices| choices.picture.as_ref().map(|(_, size)| *size)).unwrap_or_default();
        [
            -Self::Left.extent(model),
            -Self::Top.extent(model),
            f64::from(size.width) + Self::Right.extent(model),
            f64::from(size.height) + Self::Bottom.extent(model),
        ]
    }

    fn line(self, model: InpaintModel) -> String {
        let [left, top, right, bottom] = Self::frame(model);
        match self {
            Self::Left => format!("M{left} {top}V{bottom}"),
            Self::Right => format!("M{right} {top}V{bottom}"),
            Self::Top => format!("M{left} {top}H{right}"),
            Self::Bottom => format!("M{left} {bottom}H{right}"),
        }
    }

    /// The mark in the middle of the line, of one length at every zoom.
    fn grip(self, model: InpaintModel) -> String {
        let [left, top, right, bottom] = Self::frame(model);
        let half = 18.0 / model.editor.viewport.with(|viewport| viewport.scale).max(f64::EPSILON);
        let (x, y) = (left.midpoint(right), top.midpoint(bottom));
        match self {
            Self::Left => format!("M{left} {}V{}", y - half, y + half),
            Self::Right => format!("M{right} {}V{}", y - half, y + half),
            Self::Top => format!("M{} {top}H{}", x - half, x + half),
            Self::Bottom => format!("M{} {bottom}H{}", x - half, x + half),
        }
    }
}
