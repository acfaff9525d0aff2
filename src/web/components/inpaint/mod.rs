//! The page to paint a part of a picture new, or to extend it.

mod before;
mod choices;
mod chooser;
mod compare;
mod fields;
mod form;
mod from_gallery;
#[cfg(feature = "hydrate")]
mod given_mask;
mod handles;
mod marks;
mod model;
mod notes;
mod number;
mod panel;
mod plain;
mod planned;
mod result;
#[cfg(feature = "hydrate")]
mod reuse;
mod reused;
mod send;
#[cfg(feature = "hydrate")]
mod upload;

pub use panel::InpaintPanel;
