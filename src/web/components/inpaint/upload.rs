//! Pictures on their way to Darkroom.

use leptos::{prelude::*, task::spawn_local, web_sys};
use proto::{
    edit::{PictureId, PixelSize},
    gallery::GalleryId,
    ids::TaskId,
};

use super::model::InpaintModel;
use crate::components::pictures::{PictureUpload, give_output, give_result, upload};

/// Sends a file that a person chose, and begins with it.
pub(super) fn choose(model: InpaintModel, file: web_sys::Blob) {
    model.upload.set(PictureUpload::Sending);
    spawn_local(async move { opened(model, upload(&file).await) });
}

/// Begins with a result of a task.
pub(super) fn choose_result(model: InpaintModel, task: TaskId, output: u32) {
    model.upload.set(PictureUpload::Sending);
    spawn_local(async move { opened(model, give_result(task, output).await) });
}

/// Begins with an output of the gallery.
pub(super) fn choose_output(model: InpaintModel, output: GalleryId) {
    model.upload.set(PictureUpload::Sending);
    spawn_local(async move { opened(model, give_output(output).await) });
}

fn opened(model: InpaintModel, uploaded: Result<(PictureId, PixelSize), String>) {
    // The page may have been left meanwhile.
    if model.upload.try_get_untracked().is_none() {
        return;
    }
    match uploaded {
        Ok((id, size)) => model.open(id, size),
        Err(why) => model.upload.set(PictureUpload::Failed(why)),
    }
}

/// A PNG of these bytes.
pub(super) fn png(bytes: &[u8]) -> Option<web_sys::Blob> {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let kind = web_sys::BlobPropertyBag::new();
    kind.set_type("image/png");
    web_sys::Blob::new_with_u8_array_sequence_and_options(&parts, &kind).ok()
}
