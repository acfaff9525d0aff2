//! Pointers: mouse, pen and fingers.

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys};
use proto::{limits, mask::BrushPoint};

use super::{
    elements::{WINDOW, element},
    frame,
    placing::{move_to, zoom},
    state::{DriverHandle, Gesture, PendingPaint, handle},
};
use crate::components::mask_editor::{model::MaskEditorModel, tools::Tool};

/// Points of a lasso are at least so far apart, CSS pixels.
const LASSO_STEP: f64 = 2.0;
/// The buttons of a pointer event: the middle one, and the eraser of a pen.
const MIDDLE: i16 = 1;
const PEN_ERASER: i16 = 5;

pub(crate) fn pointer(model: MaskEditorModel, event: &ev::PointerEvent) {
    let Some(handle) = handle(model) else { return };
    match event.type_().as_str() {
        "pointerdown" => down(model, &handle, event),
        "pointermove" => moved(model, &handle, event),
        "pointerleave" => {
            if handle.0.borrow().gesture == Gesture::None {
                model.pointer.set(None);
            }
        }
        _ => up(model, &handle, event),
    }
    frame::request(model, &handle);
}

pub(crate) fn wheel(model: MaskEditorModel, event: &ev::WheelEvent) {
    event.prevent_default();
    let Some(place) = in_window(event) else { return };
    // A line is about 16 pixels; a pinch on a touchpad is a wheel with Ctrl, in small steps.
    let pixels = if event.delta_mode() == web_sys::WheelEvent::DOM_DELTA_LINE { event.delta_y() * 16.0 } else { event.delta_y() };
    let speed = if event.ctrl_key() { 0.01 } else { 0.0015 };
    zoom(model, (-pixels * speed).clamp(-1.0, 1.0).exp(), place);
}

fn down(model: MaskEditorModel, handle: &DriverHandle, event: &ev::PointerEvent) {
    event.prevent_default();
    let (Some(place), Some(window)) = (in_window(event), element(WINDOW)) else { return };
    let _ = window.focus();
    let _ = window.set_pointer_capture(event.pointer_id());
    model.crosshair.set(None);
    let is_touch = event.pointer_type() == "touch";
    let mut driver = handle.0.borrow_mut();
    if event.pointer_type() == "pen" {
        driver.pen_seen = true;
    }
    if is_touch {
        driver.touches.down(event.pointer_id(), place);
        if let Some(pair) = driver.touches.pair() {
            driver.leave_gesture(model, event.time_stamp());
            driver.gesture = Gesture::Pinch(pair);
            model.pointer.set(None);
            return;
        }
    }
    if driver.gesture != Gesture::None {
        return;
    }
    let pointer = event.pointer_id();
    let locked = model.locked.get_untracked();
    if event.button() == MIDDLE || driver.space_held || locked || (is_touch && driver.pen_seen) {
        driver.gesture = Gesture::Pan { pointer, last: place };
        return;
    }
    if event.button() != 0 && event.button() != PEN_ERASER {
        return;
    }
    let tool = model.settings.with_untracked(|settings| settings.tool);
    let erases = tool == Tool::Eraser || event.button() == PEN_ERASER;
    let point = brush_point(model, event, place);
    model.pointer.set(Some((f64::from(point.x), f64::from(point.y))));
    match tool {
        Tool::Brush | Tool::Eraser => {
            driver.gesture = Gesture::Paint { pointer, last: point, erases, since: event.time_stamp() };
            driver.line(model, point, point, erases);
        }
        Tool::Fill => {
            driver.fill_at(point.x, point.y);
        }
        Tool::Lasso => {
            driver.gesture = Gesture::Lasso { pointer, erases: erases || event.shift_key() };
            model.lasso.set(vec![(point.x, point.y)]);
        }
    }
}

fn moved(model: MaskEditorModel, handle: &DriverHandle, event: &ev::PointerEvent) {
    let Some(place) = in_window(event) else { return };
    let mut driver = handle.0.borrow_mut();
    driver.touches.moved(event.pointer_id(), place);
    let viewport = model.viewport.get_untracked();
    match driver.gesture {
        Gesture::Pinch(before) => {
            let Some(now) = driver.touches.pair() else { return };
            driver.gesture = Gesture::Pinch(now);
            drop(driver);
            let panned = viewport.panned(now.middle.0 - before.middle.0, now.middle.1 - before.middle.1);
            move_to(model, panned);
            zoom(model, now.distance / before.distance, now.middle);
        }
        Gesture::Pan { pointer, last } if pointer == event.pointer_id() => {
            driver.gesture = Gesture::Pan { pointer, last: place };
            drop(driver);
            move_to(model, viewport.panned(place.0 - last.0, place.1 - last.1));
        }
        Gesture::Paint { pointer, erases, since, .. } if pointer == event.pointer_id() => {
            for event in coalesced(event) {
                let Some(place) = in_window(&event) else { continue };
                let Gesture::Paint { last, .. } = driver.gesture else { return };
                let point = brush_point(model, &event, place);
                driver.line(model, last, point, erases);
                driver.gesture = Gesture::Paint { pointer, last: point, erases, since };
            }
            model.pointer.set(Some(viewport.to_picture(place)));
        }
        Gesture::Lasso { pointer, .. } if pointer == event.pointer_id() => {
            let step = (LASSO_STEP / viewport.scale) as f32;
            let points: Vec<(f32, f32)> = coalesced(event)
                .iter()
                .filter_map(|event| in_window(event))
                .map(|place| viewport.to_picture(place))
                .map(|(x, y)| (x as f32, y as f32))
                .collect();
            model.lasso.update(|lasso| {
                for point in points {
                    let is_far = lasso.last().is_none_or(|last| (last.0 - point.0).hypot(last.1 - point.1) >= step);
                    if is_far && lasso.len() < limits::LASSO_POINTS {
                        lasso.push(point);
                    }
                }
            });
        }
        Gesture::None if event.pointer_type() != "touch" => model.pointer.set(Some(viewport.to_picture(place))),
        _ => {}
    }
}

fn up(model: MaskEditorModel, handle: &DriverHandle, event: &ev::PointerEvent) {
    let mut driver = handle.0.borrow_mut();
    driver.touches.up(event.pointer_id());
    let is_touch = event.pointer_type() == "touch";
    let is_cancelled = event.type_() == "pointercancel";
    match driver.gesture {
        Gesture::Paint { pointer, .. } if pointer == event.pointer_id() => {
            driver.gesture = Gesture::None;
            driver.input.push_back(PendingPaint::End);
        }
        Gesture::Lasso { pointer, erases } if pointer == event.pointer_id() => {
            driver.gesture = Gesture::None;
            let points = model.lasso.get_untracked();
            model.lasso.set(Vec::new());
            if !is_cancelled {
                driver.finish_input();
                driver.painting.fill_polygon(&points, erases);
            }
        }
        Gesture::Pan { pointer, .. } if pointer == event.pointer_id() => driver.gesture = Gesture::None,
        // The finger that is left does nothing until it is lifted, too.
        Gesture::Pinch(_) if driver.touches.is_empty() => driver.gesture = Gesture::None,
        _ => {}
    }
    if is_touch && driver.gesture == Gesture::None {
        model.pointer.set(None);
    }
}

/// Where an event is in the window.
fn in_window(event: &web_sys::MouseEvent) -> Option<(f64, f64)> {
    let area = element(WINDOW)?.get_bounding_client_rect();
    Some((f64::from(event.client_x()) - area.left(), f64::from(event.client_y()) - area.top()))
}

/// The events that the browser made one of.
fn coalesced(event: &web_sys::PointerEvent) -> Vec<web_sys::PointerEvent> {
    let all: Vec<web_sys::PointerEvent> = event.get_coalesced_events().iter().filter_map(|event| event.dyn_into().ok()).collect();
    if all.is_empty() { vec![event.clone()] } else { all }
}

fn brush_point(model: MaskEditorModel, event: &web_sys::PointerEvent, place: (f64, f64)) -> BrushPoint {
    let (x, y) = model.viewport.get_untracked().to_picture(place);
    let pressure = if event.pointer_type() == "pen" { event.pressure() } else { 1.0 };
    BrushPoint { x: x as f32, y: y as f32, pressure }
}
