//! The queue: all tasks that run and wait, on all ComfyUIs.

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::ChooseView;

use super::lazy::LazyPage;
use crate::components::QueuePanel;
use crate::components::reactive::Erased;

/// The page of the queue, for the router. Its code is loaded when it is opened.
#[must_use]
pub fn queue_page() -> impl ChooseView {
    LazyPage::new("queue", load_queue, draw_queue)
}

#[wasm_split(queue, wasm_split_path = leptos::wasm_split, preload(load_queue), fallible)]
pub(super) fn draw_queue() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <div class="queue-page"><QueuePanel /></div> }.erased())
}
