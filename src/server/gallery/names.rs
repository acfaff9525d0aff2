//! What tags, albums and saved searches may be called.

use proto::limits;

use super::error::GalleryError;

/// The name without spaces around it, and with one between its words.
///
/// # Errors
/// `Change`: it is empty, too long, or has control characters.
pub(super) fn label(name: &str) -> Result<String, GalleryError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > limits::GALLERY_LABEL || name.chars().any(char::is_control) {
        let most = limits::GALLERY_LABEL;
        return Err(GalleryError::Change(format!("A name of a tag, an album or a search has 1 to {most} characters.")));
    }
    Ok(name)
}
