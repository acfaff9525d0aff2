//! Opens a file that should hold a workflow: JSON in any encoding and in what programs wrap around it, a picture or video that ComfyUI made, or a
//! picture with the settings of another program. What cannot be opened is an error that names what it is instead, and what to do.
//!
//! Only the server and the command line need this (feature `files`): a page opens plain files itself, and gives others to the server.

mod described;
mod error;
mod exif_texts;
mod json;
mod matroska;
mod mp4;
mod nodes;
mod opened;
mod parse;
mod picture;
#[cfg(test)]
mod tests;
mod text;
mod unwrap;

pub use error::FileError;
pub use json::{open_json, open_text};
pub use opened::{EditorFile, Opened, OpenedWorkflow};
pub use parse::ParsedJson;

use crate::limits;

/// Opens the bytes of a file. A picture or video may be longer than [`limits::WORKFLOW`], and cut off after the part that describes it.
///
/// # Errors
/// See [`FileError`].
pub fn open(bytes: &[u8]) -> Result<Opened, FileError> {
    if picture::is_picture(bytes) {
        picture::open(bytes)
    } else if mp4::is_video(bytes) {
        described::open(&mp4::texts(bytes), FileError::NothingInVideo)
    } else if matroska::is_video(bytes) {
        described::open(&matroska::texts(bytes), FileError::NothingInVideo)
    } else {
        open_text(&text::decode(bytes)?)
    }
}

/// Parses a body that should be JSON, in any encoding.
///
/// # Errors
/// See [`FileError`].
pub fn parse_body(bytes: &[u8]) -> Result<ParsedJson, FileError> {
    parse::parse(&text::decode(bytes)?)
}
