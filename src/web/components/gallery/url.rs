//! Addresses of files of the gallery.

use crate::base_path::with_base;
use proto::gallery::{GalleryId, GalleryQuery};

/// A search, or one output among its results.
pub(super) fn gallery_url(id: Option<GalleryId>, query: &GalleryQuery) -> String {
    with_base(&proto::gallery::gallery_url(id, query))
}

/// The file of an output. `thumb`: the longest side of a small version.
pub(super) fn file_url(id: GalleryId, thumb: Option<u32>) -> String {
    let file = with_base(&format!("/gallery/{id}/file"));
    thumb.map_or_else(|| file.clone(), |side| format!("{file}?thumb={side}"))
}
