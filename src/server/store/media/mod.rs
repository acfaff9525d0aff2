//! Which outputs are to be copied, which are kept, and which files of the media store they refer to.
//!
//! The rows are the truth about where an output is: what the JSON of a task says of that is replaced by them when the task is read.

mod backfill;
mod handle;
mod model;
mod overlay;
mod read;
mod uses;
mod write;

pub(super) use self::{
    overlay::{overlay, overlay_stored},
    uses::create as count_uses,
    write::{add_file, keep_copies},
};
#[cfg(test)]
pub(super) use self::{read::UNREFERENCED, write::TO_EXPIRE};
#[cfg(test)]
pub use model::MediaTotals;
pub use model::{CopyKey, CopyResult, DueCopy, KeptOutput, MediaFile};
