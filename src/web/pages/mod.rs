//! The pages, one file each. Studio is part of the main bundle; the code of the others, and of a task in Studio, is loaded when it is needed,
//! or later in the background.

mod from_picture;
mod gallery;
mod grids;
mod inpaint;
#[cfg(feature = "hydrate")]
mod intent;
mod keys;
mod lazy;
#[cfg(feature = "hydrate")]
mod load;
mod not_found;
mod notices;
mod other;
mod production;
mod prompts;
mod queue;
mod series;
mod settings;
mod studio;
mod task;
mod task_workflow;
mod workflow;

pub use inpaint::inpaint_page;
#[cfg(feature = "hydrate")]
pub use intent::load_on_intent;
pub use keys::Keys;
#[cfg(feature = "hydrate")]
pub use load::{load, load_all};
pub use notices::provide_notices;
pub use other::other_page;
pub use queue::queue_page;
pub use settings::settings_page;
pub use studio::StudioPage;
pub use task::task_page;
