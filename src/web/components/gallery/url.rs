//! Addresses of files of the gallery.

use proto::gallery::GalleryId;

/// The file of an output. `thumb`: the longest side of a small version.
pub(super) fn file_url(id: GalleryId, thumb: Option<u32>) -> String {
    let file = format!("/gallery/{id}/file");
    thumb.map_or_else(|| file.clone(), |side| format!("{file}?thumb={side}"))
}
