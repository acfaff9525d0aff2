//! The pages, one file each.

mod not_found;
mod queue;
mod studio;
mod task;

pub use not_found::NotFound;
pub use queue::QueuePage;
pub use studio::StudioPage;
pub use task::TaskPage;
