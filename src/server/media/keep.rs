//! Takes one file into the media store.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::sync::MutexGuard;

use super::{
    error::MediaFailure,
    files::{MediaFiles, PartialFile},
    sniff::{SNIFFED, sniff},
};
use crate::store::MediaFile;
use proto::limits;

/// Why a file was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum KeepError<E> {
    #[error("it broke off: {0}")]
    Source(E),
    #[error("it has {got} bytes, and not {expected}")]
    Length { expected: u64, got: u64 },
    #[error("it is too large")]
    TooLarge,
    #[error(transparent)]
    Store(#[from] MediaFailure),
}

/// A file that is whole in the media store. It is not removed while this is held; before that ends, the reference to it must be recorded.
pub struct NewFile<'a> {
    pub file: MediaFile,
    /// It was not there before.
    pub is_new: bool,
    _lock: MutexGuard<'a, ()>,
}

impl MediaFiles {
    /// Takes in all bytes of `source`, at most `max`. Those of a large file are not held in memory. `expected`: its length, where it is known.
    ///
    /// # Errors
    /// See [`KeepError`]. Nothing of the file stays.
    pub async fn keep<E>(
        &self,
        source: impl Stream<Item = Result<Bytes, E>> + Send,
        expected: Option<u64>,
        max: u64,
    ) -> Result<NewFile<'_>, KeepError<E>> {
        let mut taken = Taken::default();
        match self.take(source, expected, max, &mut taken).await {
            Ok(()) => self.name(taken).await,
            Err(error) => {
                if let Some(part) = taken.part {
                    self.abort(part).await;
                }
                Err(error)
            }
        }
    }

    async fn take<E>(
        &self,
        source: impl Stream<Item = Result<Bytes, E>> + Send,
        expected: Option<u64>,
        max: u64,
        taken: &mut Taken,
    ) -> Result<(), KeepError<E>> {
        if expected.is_some_and(|expected| expected > max) {
            return Err(KeepError::TooLarge);
        }
        let mut source = std::pin::pin!(source);
        while let Some(chunk) = source.next().await {
            let chunk = chunk.map_err(KeepError::Source)?;
            taken.bytes += chunk.len() as u64;
            if taken.bytes > max {
                return Err(KeepError::TooLarge);
            }
            taken.hasher.update(&chunk);
            if taken.head.len() < SNIFFED {
                taken.head.extend(chunk.iter().take(SNIFFED));
            }
            match &mut taken.part {
                Some(part) => part.write(&chunk).await?,
                None => taken.small.extend_from_slice(&chunk),
            }
            if taken.part.is_none() && taken.small.len() > limits::COPY_IN_MEMORY {
                let part = taken.part.insert(self.begin().await?);
                part.write(&std::mem::take(&mut taken.small)).await?;
            }
        }
        match expected {
            Some(expected) if expected != taken.bytes => Err(KeepError::Length { expected, got: taken.bytes }),
            _ => Ok(()),
        }
    }

    /// Gives the file its name, unless there is one of that name, and checks what is there then.
    async fn name<E>(&self, taken: Taken) -> Result<NewFile<'_>, KeepError<E>> {
        let hash: String = taken.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let lock = self.lock(&hash).await;
        let is_new = self.size(&hash).await? != Some(taken.bytes);
        match taken.part {
            Some(part) if is_new => self.finish(part, &hash).await?,
            Some(part) => self.abort(part).await,
            None if is_new => self.write(&hash, taken.small.freeze()).await?,
            None => {}
        }
        if is_new {
            let size = self.size(&hash).await?;
            if size != Some(taken.bytes) {
                let why = format!("a file of {} bytes has {size:?} after it was written", taken.bytes);
                return Err(MediaFailure::Unavailable(why).into());
            }
        }
        let file = MediaFile { hash, bytes: taken.bytes, mime: sniff(&taken.head).map(str::to_owned) };
        Ok(NewFile { file, is_new, _lock: lock })
    }
}

/// What has come of a file.
#[derive(Default)]
struct Taken {
    hasher: Sha256,
    bytes: u64,
    head: Vec<u8>,
    /// All of it, while it is small.
    small: BytesMut,
    part: Option<PartialFile>,
}
