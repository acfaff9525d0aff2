//! The place below a result for the form that upscales it. Its code is loaded when it is opened.

use leptos::prelude::*;

use proto::ids::TaskId;

/// Draws that form for an output of a task. In the context of pages that have it.
#[derive(Clone, Copy)]
pub struct UpscaleSlot(pub fn(TaskId, u32) -> AnyView);

/// Whether it is open, in the context of the form.
#[derive(Clone, Copy)]
pub(crate) struct UpscaleOpen(pub RwSignal<bool>);
