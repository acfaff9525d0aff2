//! Why the media store cannot be used.

use std::{io, path::PathBuf};

use proto::task::CopyDelay;

/// The media store cannot be opened at the start.
#[derive(Debug, thiserror::Error)]
pub enum MediaStoreError {
    #[error("the media folder {0} cannot be used: {1}")]
    Folder(PathBuf, io::Error),
    #[error("the media store cannot be used: {0}")]
    Store(#[from] object_store::Error),
}

/// A file was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum MediaFailure {
    #[error("the media store is full: {0}")]
    Full(String),
    #[error("the file is not in the media store")]
    Missing,
    #[error("the media store cannot be used: {0}")]
    Unavailable(String),
}

impl MediaFailure {
    pub(super) fn of_io(error: &io::Error) -> Self {
        if is_full(error) { Self::Full(error.to_string()) } else { Self::Unavailable(error.to_string()) }
    }

    /// Why the copy waits.
    #[must_use]
    pub fn delay(&self) -> CopyDelay {
        match self {
            Self::Full(_) => CopyDelay::StoreFull,
            Self::Missing | Self::Unavailable(_) => CopyDelay::StoreUnavailable,
        }
    }
}

impl From<object_store::Error> for MediaFailure {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::Missing;
        }
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            if error.downcast_ref::<io::Error>().is_some_and(is_full) {
                return Self::Full(error.to_string());
            }
            cause = error.source();
        }
        let text = error.to_string();
        // The codes of S3-compatible stores (MinIO, Ceph, and others).
        let is_full = ["StorageFull", "QuotaExceeded", "InsufficientStorage", "507 "].iter().any(|code| text.contains(code));
        if is_full { Self::Full(text) } else { Self::Unavailable(text) }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
