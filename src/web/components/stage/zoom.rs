//! The picture on the stage can be enlarged and moved: by wheel, double click, fingers, dragging, buttons and keys.

use leptos::{
    ev, html,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, MouseEvent},
};

use super::zoom_view::ZoomView;
use crate::components::{
    later_styles::LaterStyles,
    memo,
    reactive::{When, listener},
};

/// A drag begins after so many CSS pixels; less is a click.
const DRAG: i64 = 4;
/// One step of a button or key, and one of the wheel.
const STEP: (i64, i64) = (3, 2);
const WHEEL_STEP: (i64, i64) = (6, 5);

/// The ids of the buttons, which keys press.
pub(crate) const ZOOM_IN: &str = "zoom-in";
pub(crate) const ZOOM_OUT: &str = "zoom-out";
pub(crate) const ZOOM_RESET: &str = "zoom-reset";

/// Fingers or buttons that are down, by their ids, and where.
type Pointers = Vec<(i32, (i64, i64))>;

#[derive(Clone, Copy)]
struct StageZoom {
    window: NodeRef<html::Div>,
    view: RwSignal<ZoomView>,
    pointers: StoredValue<Pointers>,
    /// The picture was moved since the button went down: what follows is no click.
    dragged: StoredValue<bool>,
    always_wheel: bool,
}

/// A window onto the picture, and its buttons. At its usual size the page scrolls over it as over any other picture.
#[component]
pub(crate) fn ZoomWindow(
    /// There is a picture: other results are not enlarged.
    holds: Memo<bool>,
    /// Of several windows of the same size that show the same part of their pictures.
    #[prop(optional)]
    shared: Option<RwSignal<ZoomView>>,
    /// The wheel enlarges, also where it could scroll the page.
    #[prop(optional)]
    always_wheel: bool,
    /// Another window has them.
    #[prop(optional)]
    without_buttons: bool,
    children: Children,
) -> impl IntoView {
    let zoom = StageZoom {
        window: NodeRef::new(),
        view: shared.unwrap_or_else(|| RwSignal::new(ZoomView::default())),
        pointers: StoredValue::new(Vec::new()),
        dragged: StoredValue::new(false),
        always_wheel,
    };
    let view = zoom.view;
    Effect::new(move |_| {
        if !holds.get() {
            view.set(ZoomView::default());
        }
    });
    let enlarged = memo(move || view.get().is_enlarged());
    let has_buttons = memo(move || holds.get() && !without_buttons);
    let reset_label = memo(move || format!("Reset zoom, {} %", view.get().percent()));
    // Of the size that fits the window: the pixels of a picture at that size are more or fewer than those of the screen.
    let percent = memo(move || if enlarged.get() { format!("{} %", view.get().percent()) } else { "Fit".to_owned() });
    view! {
        <LaterStyles />
        <div
            class="zoom-window"
            node_ref=zoom.window
            data-zoomed=memo(move || enlarged.get().to_string())
            on:wheel=listener(move |event: ev::WheelEvent| if holds.get_untracked() { zoom.wheel(&event) })
            on:dblclick=listener(move |event: MouseEvent| if holds.get_untracked() { zoom.toggle(&event) })
            on:click=listener(move |event: MouseEvent| StageZoom::click(&event))
            on:dragstart=listener(move |event: ev::DragEvent| if enlarged.get_untracked() { event.prevent_default() })
            on:pointerdown=listener(move |event: ev::PointerEvent| if holds.get_untracked() { zoom.down(&event) })
            on:pointermove=listener(move |event: ev::PointerEvent| zoom.moved(&event))
            on:pointerup=listener(move |event: ev::PointerEvent| zoom.up(&event))
            on:pointercancel=listener(move |event: ev::PointerEvent| zoom.up(&event))
        >
            <div class="zoom-plane" style:transform=move || view.get().transform()>{children()}</div>
        </div>
        <When holds=has_buttons>
            <div class="zoom-buttons with-script" role="group" aria-label="Zoom" data-zoomed=memo(move || enlarged.get().to_string())>
                <button type="button" id=ZOOM_OUT aria-label="Zoom out" on:click=listener(move |_| zoom.step((STEP.1, STEP.0)))>"−"</button>
                <button type="button" id=ZOOM_RESET aria-label=reset_label on:click=listener(move |_| view.set(ZoomView::default()))>{percent}</button>
                <button type="button" id=ZOOM_IN aria-label="Zoom in" on:click=listener(move |_| zoom.step(STEP))>"+"</button>
            </div>
        </When>
    }
    .into_any()
}

impl StageZoom {
    fn element(self) -> Option<Element> {
        self.window.get_untracked().map(JsCast::unchecked_into)
    }

    fn size(self) -> (i64, i64) {
        self.element().map_or((1, 1), |window| (window.client_width().max(1).into(), window.client_height().max(1).into()))
    }

    /// A place in the window.
    fn place(self, event: &MouseEvent) -> (i64, i64) {
        #[cfg(feature = "hydrate")]
        let (left, top) = self.element().map_or((0, 0), |window| {
            let corner = window.get_bounding_client_rect();
            (corner.left() as i64, corner.top() as i64)
        });
        #[cfg(not(feature = "hydrate"))]
        let (left, top) = (0, 0);
        (i64::from(event.client_x()) - left, i64::from(event.client_y()) - top)
    }

    fn is_enlarged(self) -> bool {
        self.view.get_untracked().is_enlarged()
    }

    fn change(self, change: impl FnOnce(ZoomView, (i64, i64)) -> ZoomView) {
        let (before, size) = (self.view.get_untracked(), self.size());
        let after = change(before, size);
        if after != before {
            self.view.set(after);
        }
    }

    fn step(self, factor: (i64, i64)) {
        self.change(|view, size| view.zoomed(factor, (size.0 / 2, size.1 / 2), size));
    }

    /// Over a picture that is not enlarged the wheel scrolls a page that can be scrolled.
    fn wheel(self, event: &ev::WheelEvent) {
        if !(self.always_wheel || event.ctrl_key() || self.is_enlarged()) && page_scrolls() {
            return;
        }
        event.prevent_default();
        let factor = if event.delta_y() < 0.0 { WHEEL_STEP } else { (WHEEL_STEP.1, WHEEL_STEP.0) };
        let about = self.place(event);
        self.change(|view, size| view.zoomed(factor, about, size));
    }

    fn toggle(self, event: &MouseEvent) {
        event.prevent_default();
        let about = self.place(event);
        self.change(|view, size| view.toggled(about, size));
    }

    /// The picture is a link to its file. A plain click does not follow it, since two of them enlarge the picture: one with a key that opens a tab does,
    /// and one from a keyboard.
    fn click(event: &MouseEvent) {
        let opens = event.ctrl_key() || event.meta_key() || event.shift_key() || event.detail() == 0;
        if !opens {
            event.prevent_default();
        }
    }

    fn down(self, event: &ev::PointerEvent) {
        self.dragged.set_value(false);
        if event.button() == 0 {
            let place = self.place(event);
            self.pointers.update_value(|pointers| {
                pointers.retain(|(id, _)| *id != event.pointer_id());
                pointers.push((event.pointer_id(), place));
            });
        }
    }

    fn moved(self, event: &ev::PointerEvent) {
        let (id, place) = (event.pointer_id(), self.place(event));
        let mut pointers = self.pointers.get_value();
        let Some(at) = pointers.iter().position(|(pointer, _)| *pointer == id) else { return };
        let before = pointers[at].1;
        let delta = (place.0 - before.0, place.1 - before.1);
        match pointers.as_slice() {
            [_] if !self.is_enlarged() => return,
            [_] => {
                if !self.dragged.get_value() && delta.0.abs().max(delta.1.abs()) < DRAG {
                    return;
                }
                self.capture(id);
                self.change(|view, size| view.panned(delta, size));
            }
            [first, second] => {
                let other = if at == 0 { second.1 } else { first.1 };
                let distance = |from: (i64, i64)| (from.0 - other.0).abs().max((from.1 - other.1).abs()).max(1);
                let middle = ((place.0 + other.0) / 2, (place.1 + other.1) / 2);
                self.capture(id);
                self.change(|view, size| {
                    view.zoomed((distance(place), distance(before)), middle, size).panned((delta.0 / 2, delta.1 / 2), size)
                });
            }
            _ => return,
        }
        pointers[at].1 = place;
        self.pointers.set_value(pointers);
    }

    fn capture(self, pointer: i32) {
        self.dragged.set_value(true);
        if let Some(window) = self.element() {
            // Without it the drag ends at the edge of the window.
            let _ = window.set_pointer_capture(pointer);
        }
    }

    fn up(self, event: &ev::PointerEvent) {
        self.pointers.update_value(|pointers| pointers.retain(|(id, _)| *id != event.pointer_id()));
    }
}

fn page_scrolls() -> bool {
    document().scrolling_element().is_some_and(|page| page.scroll_height() > page.client_height())
}
