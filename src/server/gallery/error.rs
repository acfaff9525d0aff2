//! Why the gallery did not do something.

use proto::gallery::SearchError;

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    #[error("There is no such output. It was removed for good, or never in the gallery.")]
    Unknown,
    #[error("There is no such change, or it is too long ago to be undone.")]
    UnknownAction,
    #[error("Only outputs in the trash are removed for good. Move it there first.")]
    NotInTrash,
    /// What is wrong in a search.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// What is wrong with a change.
    #[error("{0}")]
    Change(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}
