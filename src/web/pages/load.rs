//! Loads the code that is not part of the main bundle.

use leptos::wasm_split::SplitLoaderError;

use super::{queue, settings, task};

/// Loads the code of the page at `path`, unless it is part of the main bundle.
///
/// # Errors
/// The code cannot be loaded: there is no network, or the server runs another build.
pub async fn load(path: &str) -> Result<(), SplitLoaderError> {
    match path.trim_end_matches('/') {
        "/queue" => queue::load_queue().await,
        path if path.starts_with("/tasks") => task::load_task().await,
        "/settings" => settings::load_settings().await,
        "" if shows_task() => task::load_parts().await,
        _ => Ok(()),
    }
}

/// Whether the server rendered Studio with a task.
fn shows_task() -> bool {
    let found =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.query_selector("#stage:not(.empty)").ok());
    found.flatten().is_some()
}

/// Loads the code of all pages and parts, so that each can be opened while Darkroom cannot be reached. What fails to load now is loaded when
/// it is opened.
pub async fn load_all() {
    for path in ["/queue", "/tasks", "/settings"] {
        let _ = load(path).await;
    }
    let _ = task::load_parts().await;
}
