//! Kept files without their metadata, made when they are asked for.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::{error::MediaFailure, library::MediaLibrary};
use crate::store::MediaFile;
use proto::{
    limits,
    without_metadata::{StripError, without_metadata},
};

/// Why there is no file without metadata.
#[derive(Debug, thiserror::Error)]
pub enum PlainError {
    #[error(transparent)]
    Strip(#[from] StripError),
    #[error("The metadata of files over {} MiB are not removed. Download it as it is.", limits::STRIPPED_FILE >> 20)]
    TooLarge,
    #[error(transparent)]
    Media(#[from] MediaFailure),
}

struct PlainBytes {
    bytes: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for PlainBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl MediaLibrary {
    /// The file without what is written in it about how it was made. Waits while there is no memory for it.
    ///
    /// # Errors
    /// See [`PlainError`].
    pub async fn without_metadata(&self, file: &MediaFile) -> Result<Bytes, PlainError> {
        if file.bytes > limits::STRIPPED_FILE {
            return Err(PlainError::TooLarge);
        }
        // The file, and what is made of it.
        let wanted = u32::try_from((file.bytes * 2).div_ceil(1 << 20)).unwrap_or(u32::MAX).max(1);
        let stopping = || MediaFailure::Unavailable("Darkroom is stopping".to_owned());
        let permit = self.plain_memory.clone().acquire_many_owned(wanted).await.map_err(|_| stopping())?;
        let whole = match self.files.read_whole(&file.hash).await {
            Err(MediaFailure::Missing) => {
                self.copy_again(&file.hash).await;
                return Err(MediaFailure::Missing.into());
            }
            read => read?,
        };
        if whole.len() as u64 > limits::STRIPPED_FILE {
            return Err(PlainError::TooLarge);
        }
        let made = tokio::task::spawn_blocking(move || without_metadata(Vec::from(whole))).await;
        let bytes = made.map_err(|_| stopping())??;
        Ok(Bytes::from_owner(PlainBytes { bytes, _permit: permit }))
    }
}
