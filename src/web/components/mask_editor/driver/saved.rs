//! Masks that are saved under names in this browser, and masks from files.

use std::rc::Rc;

use idb::Database;
use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys};
use proto::{edit::PictureId, limits, mask::Mask};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

use super::{
    draft::{keys, open, read, remove, write},
    frame,
    state::{DriverHandle, handle},
};
use crate::components::mask_editor::model::MaskEditorModel;

/// Why a mask is not saved or taken over, for people.
type Failure = String;

/// The names of the masks for pictures of this size, in order.
pub(in crate::components::mask_editor) async fn saved_masks(model: MaskEditorModel) -> Vec<String> {
    let Some(handle) = handle(model) else { return Vec::new() };
    let prefix = key(&handle, "");
    let Some(database) = database(&handle).await else { return Vec::new() };
    let keys = keys(&database).await.unwrap_or_default();
    keys.iter().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned).collect()
}

/// Saves the mask as it is painted, in place of another of that name.
pub(in crate::components::mask_editor) async fn save_mask(model: MaskEditorModel, name: &str) -> Result<(), Failure> {
    let Some(handle) = handle(model) else { return Ok(()) };
    let mask = {
        let mut driver = handle.0.borrow_mut();
        driver.finish_input();
        driver.painting.mask().clone()
    };
    keep_mask(model, name, &mask).await
}

/// Saves a mask of the size of the picture, in place of another of that name.
pub(crate) async fn keep_mask(model: MaskEditorModel, name: &str, mask: &Mask) -> Result<(), Failure> {
    let names = saved_masks(model).await;
    if names.len() >= limits::MASKS_SAVED && !names.iter().any(|known| known == name) {
        return Err(format!("There are {} saved masks of this size already. Delete one first.", limits::MASKS_SAVED));
    }
    let Some(handle) = handle(model) else { return Ok(()) };
    let database = database(&handle).await.ok_or_else(no_storage)?;
    write(&database, &key(&handle, name), &mask.to_draft()).await.map_err(|_| no_storage())
}

/// Takes a saved mask over. It can be undone.
pub(in crate::components::mask_editor) async fn use_saved_mask(model: MaskEditorModel, name: &str) -> Result<(), Failure> {
    let Some(handle) = handle(model) else { return Ok(()) };
    let gone = || format!("The mask {name:?} is not there any more.");
    let database = database(&handle).await.ok_or_else(no_storage)?;
    let bytes = read(&database, &key(&handle, name)).await.ok_or_else(gone)?;
    take_over(model, &handle, &Mask::from_draft(&bytes).map_err(|error| error.to_string())?)
}

pub(in crate::components::mask_editor) async fn delete_saved_mask(model: MaskEditorModel, name: &str) {
    let Some(handle) = handle(model) else { return };
    if let Some(database) = database(&handle).await {
        let _ = remove(&database, &key(&handle, name)).await;
    }
}

/// Takes over the mask in a picture: white is painted; of a picture with transparent places, these are. It can be undone.
pub(in crate::components::mask_editor) async fn use_mask_file(model: MaskEditorModel, file: &web_sys::Blob) -> Result<(), Failure> {
    let Some(handle) = handle(model) else { return Ok(()) };
    take_over(model, &handle, &mask_in(file).await?)
}

/// The mask in a picture.
pub(crate) async fn mask_in(file: &web_sys::Blob) -> Result<Mask, Failure> {
    decoded(file).await.ok_or_else(unreadable)
}

/// The mask of this picture as it is painted. `None`: it is not the one that is edited, or its draft is still looked up.
pub(crate) fn painted_mask(model: MaskEditorModel, picture: &PictureId) -> Option<Mask> {
    let handle = handle(model)?;
    let mut driver = handle.0.borrow_mut();
    let is_there = driver.picture.id == *picture && driver.draft.known;
    is_there.then(|| {
        driver.finish_input();
        driver.painting.mask().clone()
    })
}

/// Takes another mask over. It can be undone.
pub(crate) fn set_mask(model: MaskEditorModel, mask: &Mask) -> Result<(), Failure> {
    let Some(handle) = handle(model) else { return Ok(()) };
    take_over(model, &handle, mask)
}

fn take_over(model: MaskEditorModel, handle: &DriverHandle, mask: &Mask) -> Result<(), Failure> {
    {
        let mut driver = handle.0.borrow_mut();
        driver.finish_input();
        let now = driver.painting.mask();
        let (size, of) = ((now.width(), now.height()), (mask.width(), mask.height()));
        if size != of {
            return Err(format!(
                "The mask is {} × {} pixels and the picture {} × {}: they must be of the same size.",
                of.0, of.1, size.0, size.1
            ));
        }
        driver.painting.set_mask(mask);
    }
    frame::request(model, handle);
    Ok(())
}

/// Where a mask is stored. Drafts have the ids of pictures, without any spaces.
fn key(handle: &DriverHandle, name: &str) -> String {
    let driver = handle.0.borrow();
    format!("saved {}x{} {name}", driver.painting.mask().width(), driver.painting.mask().height())
}

async fn database(handle: &DriverHandle) -> Option<Rc<Database>> {
    let open_already = handle.0.borrow().draft.database.clone();
    match open_already {
        Some(database) => Some(database),
        None => open().await.ok().map(Rc::new),
    }
}

fn no_storage() -> Failure {
    "This browser stores nothing for Darkroom: its disk may be full, or it is a private window.".into()
}

fn unreadable() -> Failure {
    "The browser cannot read this file as a picture. A mask is a PNG, WebP or JPEG: white is what should change.".into()
}

/// `None`: the browser cannot read it, or it is too large.
async fn decoded(file: &web_sys::Blob) -> Option<Mask> {
    let picture = JsFuture::from(window().create_image_bitmap_with_blob(file).ok()?).await.ok()?;
    let picture: ImageBitmap = picture.dyn_into().ok()?;
    let (width, height) = (picture.width(), picture.height());
    if width.max(height) > limits::MASK_SIDE {
        return None;
    }
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.draw_image_with_image_bitmap(&picture, 0.0, 0.0).ok()?;
    let pixels = context.get_image_data(0.0, 0.0, f64::from(width), f64::from(height)).ok()?.data();
    let channel = |at: usize| pixels.iter().skip(at).step_by(4).copied();
    let is_transparent = channel(3).any(|alpha| alpha < u8::MAX);
    let values: Vec<u8> = if is_transparent { channel(3).map(|alpha| u8::MAX - alpha).collect() } else { channel(0).collect() };
    Mask::from_values(width, height, &values)
}
