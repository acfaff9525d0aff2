//! Keys: those of the table, and painting with a crosshair.

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys};
use proto::mask::BrushPoint;

use super::{
    elements::{WINDOW, window_size},
    frame,
    placing::move_to,
    state::{DriverHandle, Gesture, PendingPaint, handle},
};
use crate::components::mask_editor::{keys::command_of, model::MaskEditorModel, tools::Tool};

/// The pointer id of the keyboard: no pointer has it.
const KEYBOARD: i32 = i32::MIN;
/// How far an arrow moves the crosshair, CSS pixels; with Shift it is ten times that.
const STEP: f64 = 8.0;

pub(crate) fn key(model: MaskEditorModel, event: &ev::KeyboardEvent, down: bool) {
    let Some(handle) = handle(model) else { return };
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let in_window = target.as_ref().is_some_and(|target| target.id() == WINDOW);
    let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
    if in_window && plain && !model.locked.get_untracked() && at_crosshair(model, &handle, event, down) {
        event.prevent_default();
        frame::request(model, &handle);
        return;
    }
    // The keys of a slider are its own, but it has no letters.
    let ctrl = event.ctrl_key() || event.meta_key();
    let command = down
        .then(|| model.bindings.with_untracked(|bindings| command_of(bindings, &event.key(), ctrl, event.shift_key(), event.alt_key())))
        .flatten();
    if let Some(command) = command {
        event.prevent_default();
        model.run(command);
    }
}

/// Whether that was a key of the crosshair.
fn at_crosshair(model: MaskEditorModel, handle: &DriverHandle, event: &ev::KeyboardEvent, down: bool) -> bool {
    let way = match event.key().as_str() {
        "ArrowLeft" => (-1.0, 0.0),
        "ArrowRight" => (1.0, 0.0),
        "ArrowUp" => (0.0, -1.0),
        "ArrowDown" => (0.0, 1.0),
        " " | "Enter" => {
            press(model, handle, event, down);
            return true;
        }
        "Escape" if down && !model.lasso.with_untracked(Vec::is_empty) => {
            model.lasso.set(Vec::new());
            model.announce("Lasso removed");
            return true;
        }
        _ => return false,
    };
    if down {
        step(model, handle, way, event.shift_key());
    }
    true
}

fn step(model: MaskEditorModel, handle: &DriverHandle, way: (f64, f64), far: bool) {
    let viewport = model.viewport.get_untracked();
    let (from, is_new) = crosshair(model);
    let length = (STEP / viewport.scale).round().max(1.0) * if far { 10.0 } else { 1.0 };
    let size = model.picture.with_untracked(|picture| picture.as_ref().map(|picture| picture.size)).unwrap_or_default();
    // In the middle of a pixel.
    let inside = |at: f64, side: u32| at.floor().clamp(0.0, f64::from(side.max(1)) - 1.0) + 0.5;
    let moved = if is_new { (0.0, 0.0) } else { way };
    let to = (inside(from.0 + moved.0 * length, size.width), inside(from.1 + moved.1 * length, size.height));
    model.crosshair.set(Some(to));
    if let Some(window) = window_size() {
        let shown = viewport.showing(to, window);
        if shown != viewport {
            move_to(model, shown);
        }
    }
    let mut driver = handle.0.borrow_mut();
    if let Gesture::Paint { pointer: KEYBOARD, last, erases, since } = driver.gesture {
        let point = point(to);
        driver.line(model, last, point, erases);
        driver.gesture = Gesture::Paint { pointer: KEYBOARD, last: point, erases, since };
        model.announce(format!("{}, {}: painting", to.0.floor(), to.1.floor()));
    } else {
        let value = driver.painting.mask().get(to.0 as u32, to.1 as u32);
        let covered = u32::from(value) * 100 / 255;
        model.announce(format!("{}, {}: {covered} % painted", to.0.floor(), to.1.floor()));
    }
}

/// Space or Enter.
fn press(model: MaskEditorModel, handle: &DriverHandle, event: &ev::KeyboardEvent, down: bool) {
    let mut driver = handle.0.borrow_mut();
    // Over the picture, Space with the pointer moves it.
    if event.key() == " "
        && (driver.space_held || (model.crosshair.with_untracked(Option::is_none) && model.pointer.with_untracked(Option::is_some)))
    {
        driver.space_held = down;
        return;
    }
    if !down {
        if let Gesture::Paint { pointer: KEYBOARD, .. } = driver.gesture {
            driver.gesture = Gesture::None;
            driver.input.push_back(PendingPaint::End);
            model.announce("Painted");
        }
        return;
    }
    if event.repeat() || driver.gesture != Gesture::None {
        return;
    }
    let (at, _) = crosshair(model);
    model.crosshair.set(Some(at));
    let tool = model.settings.with_untracked(|settings| settings.tool);
    match tool {
        Tool::Brush | Tool::Eraser => {
            let (point, erases) = (point(at), tool == Tool::Eraser);
            driver.line(model, point, point, erases);
            driver.gesture = Gesture::Paint { pointer: KEYBOARD, last: point, erases, since: event.time_stamp() };
        }
        Tool::Fill => {
            let filled = driver.fill_at(at.0 as f32, at.1 as f32);
            model.announce(if filled { "Filled" } else { "Nothing to fill here" });
        }
        Tool::Lasso if event.key() == "Enter" => {
            let points = model.lasso.get_untracked();
            model.lasso.set(Vec::new());
            driver.finish_input();
            let filled = driver.painting.fill_polygon(&points, false);
            model.announce(if filled { "The inside of the lasso is painted" } else { "A lasso needs three points: set them with Space" });
        }
        Tool::Lasso => {
            model.lasso.update(|lasso| lasso.push((at.0 as f32, at.1 as f32)));
            let points = model.lasso.with_untracked(Vec::len);
            model.announce(format!("Point {points} of the lasso. Enter closes it"));
        }
    }
}

/// Where the crosshair is, or where it would appear: in the middle of what is seen. Whether it has to appear.
fn crosshair(model: MaskEditorModel) -> ((f64, f64), bool) {
    if let Some(at) = model.crosshair.get_untracked() {
        return (at, false);
    }
    let (width, height) = window_size().unwrap_or((0.0, 0.0));
    let (x, y) = model.viewport.get_untracked().to_picture((width / 2.0, height / 2.0));
    let size = model.picture.with_untracked(|picture| picture.as_ref().map(|picture| picture.size)).unwrap_or_default();
    let inside = |at: f64, side: u32| at.floor().clamp(0.0, f64::from(side.max(1)) - 1.0) + 0.5;
    ((inside(x, size.width), inside(y, size.height)), true)
}

fn point((x, y): (f64, f64)) -> BrushPoint {
    BrushPoint { x: x as f32, y: y as f32, pressure: 1.0 }
}
