//! The place below a result for the form that upscales it. Its code is loaded when it is opened.

use leptos::prelude::*;

use proto::{gallery::GalleryId, ids::TaskId, recipe::TextToImage};

/// The picture that is upscaled.
#[derive(Clone, Debug, PartialEq)]
pub enum UpscaleSource {
    /// An output of a task, by its number.
    Result(TaskId, u32),
    /// An output of the gallery whose task is not there, and what it was made with, as far as that is known.
    Output(GalleryId, Box<Option<TextToImage>>),
}

/// Draws that form. In the context of pages that have it.
#[derive(Clone, Copy)]
pub struct UpscaleSlot(pub fn(UpscaleSource) -> AnyView);

/// Whether it is open, in the context of the form.
#[derive(Clone, Copy)]
pub(crate) struct UpscaleOpen(pub RwSignal<bool>);
