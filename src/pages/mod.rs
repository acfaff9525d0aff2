//! The pages, one file each. Studio and the pages of tasks are loaded with the app; the code of the others comes when they are opened.

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
pub use task::TaskPage;

/// Loads the code of the page at `path`, if it does not come with the app.
///
/// # Errors
/// When it cannot be loaded: there is no network, or the server is of another build.
#[cfg(feature = "hydrate")]
pub async fn load(path: &str) -> Result<(), leptos::wasm_split::SplitLoaderError> {
    match path.trim_end_matches('/') {
        "/queue" => queue::load_queue().await,
        "/settings" => settings::load_settings().await,
        _ => Ok(()),
    }
}
