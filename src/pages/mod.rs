//! The pages, one file each. Studio is loaded with the app; the code of the others comes when they are opened, or when the browser has
//! nothing else to do.

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

/// Loads the code of the page at `path`, if it does not come with the app.
///
/// # Errors
/// When it cannot be loaded: there is no network, or the server is of another build.
#[cfg(feature = "hydrate")]
pub async fn load(path: &str) -> Result<(), leptos::wasm_split::SplitLoaderError> {
    match path.trim_end_matches('/') {
        "/queue" => queue::load_queue().await,
        path if path.starts_with("/tasks") => task::load_task().await,
        "/settings" => settings::load_settings().await,
        _ => Ok(()),
    }
}

/// Loads the code of all pages, so that each can be opened when Darkroom cannot be reached. What cannot be loaded now is when it is opened.
#[cfg(feature = "hydrate")]
pub async fn load_all() {
    for path in ["/queue", "/tasks", "/settings"] {
        let _ = load(path).await;
    }
}
