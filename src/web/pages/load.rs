//! Loads the code that is not part of the main bundle.

use leptos::wasm_split::SplitLoaderError;

use super::{
    from_picture::load_from_picture, gallery, grids, inpaint, keys::load_keys, production, prompts, queue, series::load_series, settings,
    task, task_workflow, workflow::load_workflow,
};

/// Loads the code of the page at `path`, which has no base path, unless it is part of the main bundle.
///
/// # Errors
/// The code cannot be loaded: there is no network, or the server runs another build.
pub async fn load(path: &str) -> Result<(), SplitLoaderError> {
    match path.trim_end_matches('/') {
        "/inpaint" => inpaint::load_inpaint().await,
        "/queue" => queue::load_queue().await,
        path if path.starts_with("/tasks") => {
            task::load_task().await?;
            task_workflow::load_task_workflow().await
        }
        path if path.starts_with("/gallery") => gallery::load_gallery().await,
        path if path.starts_with("/projects") || matches!(path, "/agents" | "/external") => production::load_production().await,
        path if path.starts_with("/grids") => grids::load_grids().await,
        "/settings" => settings::load_settings().await,
        "" => {
            if is_there("#start-picture") {
                load_from_picture().await?;
            }
            if is_there("#stage:not(.empty)") { task::load_parts().await } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// Whether the server rendered this, such as Studio with a task.
fn is_there(selector: &str) -> bool {
    let found = web_sys::window().and_then(|window| window.document()).and_then(|document| document.query_selector(selector).ok());
    found.flatten().is_some()
}

/// Loads the code of all pages and parts, so that each can be opened while Darkroom cannot be reached. What fails to load now is loaded when
/// it is opened.
pub async fn load_all() {
    for path in ["/queue", "/tasks", "/settings", "/gallery", "/grids", "/projects", "/inpaint"] {
        let _ = load(path).await;
    }
    let _ = task::load_parts().await;
    let _ = prompts::load_tools().await;
    let _ = load_from_picture().await;
    let _ = load_workflow().await;
    let _ = load_keys().await;
    let _ = load_series().await;
}
