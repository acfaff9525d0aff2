//! The pages, one file each. Studio is loaded with the app; the code of the others, and that of a task in Studio, comes when it is wanted, or
//! when the browser has nothing else to do.

mod lazy;
mod not_found;
mod queue;
mod settings;
mod studio;
mod task;

pub use not_found::NotFound;
pub use queue::queue_page;
pub use settings::settings_page;
pub use studio::StudioPage;
pub use task::task_page;

/// Loads the code that the document at `path` was drawn with, if it does not come with the app.
///
/// # Errors
/// When it cannot be loaded: there is no network, or the server is of another build.
#[cfg(feature = "hydrate")]
pub async fn load(path: &str) -> Result<(), leptos::wasm_split::SplitLoaderError> {
    match path.trim_end_matches('/') {
        "/queue" => queue::load_queue().await,
        path if path.starts_with("/tasks") => task::load_task().await,
        "/settings" => settings::load_settings().await,
        "" if shows_task() => task::load_parts().await,
        _ => Ok(()),
    }
}

/// The document that the server drew has a task in its middle.
#[cfg(feature = "hydrate")]
fn shows_task() -> bool {
    let found =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.query_selector("#stage:not(.empty)").ok());
    found.flatten().is_some()
}

/// Loads the code of all pages and parts, so that each can be opened when Darkroom cannot be reached. What cannot be loaded now is when it is opened.
#[cfg(feature = "hydrate")]
pub async fn load_all() {
    for path in ["/queue", "/tasks", "/settings"] {
        let _ = load(path).await;
    }
    let _ = task::load_parts().await;
}
