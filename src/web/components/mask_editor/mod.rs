//! The mask editor: the picture, the mask over it, and tools to paint it. Its code is loaded with the page that uses it.

#[cfg(feature = "hydrate")]
mod driver;
mod keys;
mod marks;
mod model;
mod saved;
mod symbols;
mod toolbar;
mod tools;
mod view;
#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "the picture is moved in browsers only"))]
mod viewport;

#[cfg(feature = "hydrate")]
pub(crate) use driver::{keep_mask, mask_file, mask_in, painted_mask, set_mask};
pub(crate) use model::{EditedPicture, MaskEditorModel, PaintedMask};
pub(crate) use view::MaskEditor;
pub(crate) use viewport::ViewFrame;
