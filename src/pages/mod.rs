//! The pages, one file each.

#![expect(unreachable_pub, reason = "the component macro makes what it writes public")]

mod not_found;
mod studio;
mod task;

pub use not_found::NotFound;
pub use studio::StudioPage;
pub use task::TaskPage;
