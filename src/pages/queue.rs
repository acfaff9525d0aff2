//! The queue: all that runs and waits, over all ComfyUIs.

use leptos::prelude::*;

use crate::components::Queue;

/// The page of the queue.
#[component]
pub fn QueuePage() -> impl IntoView {
    view! {
        <div class="queue-page"><Queue /></div>
    }
}
