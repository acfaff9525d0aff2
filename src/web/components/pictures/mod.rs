//! Pictures on their way to Darkroom, for the pages that work on one.

mod chooser;
mod state;
#[cfg(feature = "hydrate")]
mod upload;

#[cfg(feature = "hydrate")]
pub(crate) use chooser::picture_in;
pub(crate) use chooser::{PictureButtons, UploadStatus};
pub(crate) use state::PictureUpload;
#[cfg(feature = "hydrate")]
pub(crate) use upload::{give_output, give_result, upload};
