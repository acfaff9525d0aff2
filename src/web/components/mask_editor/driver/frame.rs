//! The work of one animation frame.

use leptos::prelude::*;

use super::{draft, state::DriverHandle};
use crate::components::mask_editor::model::MaskEditorModel;

/// For painting, and for painting and drawing, in a frame; milliseconds. At 60 frames a second one has 16.
const PAINTING: f64 = 6.0;
const ALL: f64 = 11.0;
/// Tiles of undo that are packed in a frame without other work.
const TIDIED: usize = 2;

/// Asks for an animation frame, unless one is coming.
pub(super) fn request(model: MaskEditorModel, handle: &DriverHandle) {
    if !std::mem::replace(&mut handle.0.borrow_mut().frame_requested, true) {
        let handle = handle.clone();
        request_animation_frame(move || run(model, &handle));
    }
}

fn run(model: MaskEditorModel, handle: &DriverHandle) {
    let start = now();
    let (more, painted, changed) = {
        let mut driver = handle.0.borrow_mut();
        driver.frame_requested = false;
        while now() - start < PAINTING && driver.paint_some() {}
        let changed = driver.collect_changed();
        while now() - start < ALL && driver.draw_one() {}
        let busy = !driver.input.is_empty() || !driver.to_draw.is_empty();
        let more = busy || driver.painting.tidy(TIDIED);
        (more, driver.painted(), changed)
    };
    if changed {
        draft::save_later(handle);
    }
    if model.painted.try_with_untracked(|before| *before != painted).unwrap_or_default() {
        model.painted.set(painted);
    }
    if more {
        request(model, handle);
    }
}

fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
