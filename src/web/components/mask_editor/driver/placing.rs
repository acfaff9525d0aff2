//! Zoom and pan.

use leptos::{prelude::*, web_sys};

use super::{
    elements::{WORLD, element, window_size},
    state::handle,
};
use crate::components::mask_editor::{model::MaskEditorModel, viewport::Viewport};

/// Moves and scales picture, mask and marks. Not in the HTML: the content security policy forbids styles there.
pub(super) fn place(viewport: Viewport) {
    if let Some(world) = element(WORLD) {
        let transform = format!("translate({}px,{}px) scale({})", viewport.x, viewport.y, viewport.scale);
        let _ = web_sys::HtmlElement::style(&world).set_property("transform", &transform);
        // Enlarged, pixels are seen as squares: what is painted is pixels.
        let _ = world.set_attribute("data-pixels", if viewport.scale >= 4.0 { "true" } else { "false" });
    }
}

/// Shows all, unless a person zoomed or moved the picture.
pub(super) fn refit(model: MaskEditorModel) {
    let (Some(handle), Some(size)) = (handle(model), window_size()) else { return };
    if handle.0.borrow().fitted {
        model.viewport.set(Viewport::fit(size, untrack(|| model.whole())));
    } else {
        move_to(model, model.viewport.get_untracked());
    }
}

/// Another part of the picture, as a person chose it.
pub(super) fn move_to(model: MaskEditorModel, viewport: Viewport) {
    if let (Some(handle), Some(size)) = (handle(model), window_size()) {
        handle.0.borrow_mut().fitted = false;
        model.viewport.set(viewport.in_sight(size, untrack(|| model.whole())));
    }
}

pub(super) fn zoom(model: MaskEditorModel, factor: f64, about: (f64, f64)) {
    if let Some(size) = window_size() {
        let least = Viewport::fit(size, untrack(|| model.whole())).scale;
        move_to(model, model.viewport.get_untracked().zoomed(factor, about, least));
    }
}
