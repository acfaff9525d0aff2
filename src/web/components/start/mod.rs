//! The picture that a task of Studio starts from ("image to image"): the slot in the form.

mod model;
mod planned;
mod slot;
#[cfg(feature = "hydrate")]
mod take;

pub use slot::StartSlot;
