//! An output of the gallery as the mask: it waits until there is a picture, and takes on its size.

use leptos::{prelude::*, task::spawn_local};

use super::{model::InpaintModel, reuse::mask_at};
use crate::{
    base_path::with_base,
    components::mask_editor::{painted_mask, set_mask},
    live::{Live, ToastKind},
};
use proto::{gallery::GalleryId, mask::Mask};

/// Fetches it. White is what should change; of a picture with transparent places, these are.
pub(super) fn fetch(model: InpaintModel, live: Live, id: GalleryId) {
    spawn_local(async move {
        let away = "Darkroom cannot be reached. Open it again when it can.";
        match mask_at(&with_base(&format!("/gallery/{id}/file")), away, "This output is not there any more.").await {
            Ok(mask) if mask.is_empty() => live.toast(ToastKind::Bad, "No mask", "Nothing in this picture is white or transparent.", None),
            Ok(mask) => {
                let has_picture = model.choices.try_with_untracked(|choices| choices.picture.is_some());
                if has_picture == Some(false) {
                    live.toast(ToastKind::Waiting, "The mask waits", "Choose the picture that it is for.", None);
                }
                let _ = model.given_mask.try_set(Some(mask));
            }
            Err(why) => live.toast(ToastKind::Bad, "No mask", why, None),
        }
    });
}

/// Takes it over as soon as there is a picture whose draft was looked up: undo brings that back.
pub(super) fn take(model: InpaintModel, live: Live) {
    Effect::new(move |_| {
        model.editor.begun.track();
        let picture = model.choices.with(|choices| choices.picture.clone());
        let (Some(mask), Some((picture, _))) = (model.given_mask.get(), picture) else { return };
        let Some(now) = painted_mask(model.editor, &picture) else { return };
        model.given_mask.set(None);
        let fitting = mask.resized(now.width(), now.height()).ok_or_else(|| other_shape(&mask, &now));
        match fitting.and_then(|mask| set_mask(model.editor, &mask)) {
            Ok(()) => live.toast(ToastKind::Good, "The mask is on the picture", "Undo takes it off.", None),
            Err(why) => live.toast(ToastKind::Bad, "No mask", why, None),
        }
    });
}

fn other_shape(mask: &Mask, picture: &Mask) -> String {
    let (width, height) = (mask.width(), mask.height());
    format!("It is {width} × {height} pixels and the picture {} × {}: they have different shapes.", picture.width(), picture.height())
}
