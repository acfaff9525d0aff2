//! The pages, one file each. Studio is part of the main bundle; the code of the others, and of a task in Studio, is loaded when it is needed,
//! or later in the background.

mod lazy;
#[cfg(feature = "hydrate")]
mod load;
mod not_found;
mod queue;
mod settings;
mod studio;
mod task;
mod workflow;

#[cfg(feature = "hydrate")]
pub use load::{load, load_all};
pub use not_found::NotFound;
pub use queue::queue_page;
pub use settings::settings_page;
pub use studio::StudioPage;
pub use task::task_page;
