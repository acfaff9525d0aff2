//! Uploaded assets: taken in, found and removed.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use uuid::Uuid;

use super::job_output::base_name;
use crate::{
    clock::now,
    media::{KeepError, MediaFailure, MediaFiles, NewFile},
    store::{AssetAdded, AssetRemoved, NewAsset, Store, StoreError, StoredAsset},
    task_archive::TaskArchive,
};
use proto::{
    comfy_v2::{AssetFile, AssetPath},
    ids::TaskId,
    limits,
    task::{Output, OutputContent, Task},
};

/// Why an asset is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    #[error("A file is at most {} MiB.", limits::MEDIA_UPLOAD >> 20)]
    TooLarge,
    #[error("The file is not whole: {0}")]
    Broken(String),
    #[error("The hash of the file is blake3:{0}, and not the expected one.")]
    OtherHash(String),
    #[error("This Idempotency-Key was used before. Use a new one for each request.")]
    KeyReused,
    #[error("The media store cannot be used now: {0}")]
    Media(#[from] MediaFailure),
    #[error("The database cannot be used now: {0}")]
    Store(#[from] StoreError),
}

pub struct AssetLibrary {
    files: Arc<MediaFiles>,
    pub(super) store: Store,
    pub(super) archive: Arc<TaskArchive>,
    /// How long an asset stays, unless its upload says otherwise. `None`: until it is removed.
    life: Option<Duration>,
}

/// Bytes that are in the media store, and held there until they are an asset.
pub struct UploadedAsset<'a> {
    kept: NewFile<'a>,
    blake3: String,
}

/// What an upload says of its file.
#[derive(Clone, Debug)]
pub struct AssetUpload {
    pub content_type: String,
    pub file_path: AssetPath,
    /// 64 hexadecimal digits, or anything else: then it is not equal to any.
    pub expected_blake3: Option<String>,
    pub expires_in: Option<Duration>,
    pub key: Option<String>,
}

impl AssetLibrary {
    #[must_use]
    pub fn new(files: Arc<MediaFiles>, store: Store, archive: Arc<TaskArchive>, life: Option<Duration>) -> Self {
        Self { files, store, archive, life }
    }

    /// Takes in the bytes of an upload, as they come.
    ///
    /// # Errors
    /// They are too many, break off, or cannot be stored.
    pub async fn keep<E: std::fmt::Display>(
        &self,
        source: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<UploadedAsset<'_>, AssetError> {
        let mut hasher = blake3::Hasher::new();
        let source = source.map(|chunk| {
            chunk.inspect(|bytes| {
                hasher.update(bytes);
            })
        });
        let kept = self.files.keep(source, None, limits::MEDIA_UPLOAD as u64).await.map_err(|error| match error {
            KeepError::TooLarge => AssetError::TooLarge,
            KeepError::Store(failure) => AssetError::Media(failure),
            error @ (KeepError::Source(_) | KeepError::Length { .. }) => AssetError::Broken(error.to_string()),
        })?;
        // From here on the file is found and removed if nothing comes of it.
        self.store.note_file(kept.file.clone(), now()).await?;
        Ok(UploadedAsset { kept, blake3: hasher.finalize().to_hex().to_string() })
    }

    /// Makes an asset of bytes that were taken in. Returns it, and whether no asset had these bytes.
    ///
    /// # Errors
    /// See [`AssetError`].
    pub async fn add(&self, uploaded: UploadedAsset<'_>, upload: AssetUpload) -> Result<(StoredAsset, bool), AssetError> {
        if upload.expected_blake3.is_some_and(|expected| expected != uploaded.blake3) {
            return Err(AssetError::OtherHash(uploaded.blake3));
        }
        let now = now();
        let new = NewAsset {
            id: Uuid::now_v7(),
            blake3: uploaded.blake3,
            file: uploaded.kept.file.clone(),
            content_type: upload.content_type,
            file_path: upload.file_path,
            expires_at: upload.expires_in.or(self.life).map(|life| now.plus(life)),
            key: upload.key,
        };
        match self.store.add_asset(new, now).await? {
            AssetAdded::Added { asset, is_new } => Ok((asset, is_new)),
            AssetAdded::KeyReused => Err(AssetError::KeyReused),
        }
    }

    /// Whether this `Idempotency-Key` of an upload was used in the last day.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn is_key_used(&self, key: &str) -> Result<bool, StoreError> {
        self.store.is_asset_key_used(key.to_owned(), now()).await
    }

    /// Whether an asset has these bytes. `blake3`: 64 hexadecimal digits.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn has(&self, blake3: &str) -> Result<bool, StoreError> {
        Ok(self.store.asset_of_hash(blake3.to_owned(), None, now()).await?.is_some())
    }

    /// Another asset over bytes that an asset has: the one of that path, if there is one, and else a new one. `blake3`: 64 hexadecimal digits. `None`:
    /// no asset has these bytes. Returns the asset, and whether it is new.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn of_hash(
        &self,
        blake3: &str,
        path: Option<AssetPath>,
        expires_in: Option<Duration>,
    ) -> Result<Option<(StoredAsset, bool)>, StoreError> {
        let now = now();
        let wanted = path.as_ref().map(ToString::to_string);
        let Some(known) = self.store.asset_of_hash(blake3.to_owned(), wanted.clone(), now).await? else { return Ok(None) };
        let expires_at = expires_in.or(self.life).map(|life| now.plus(life));
        match path {
            Some(file_path) if known.file_path != wanted => {
                let (blake3, file, content_type) = (known.blake3, known.file, known.content_type);
                let new = NewAsset { id: Uuid::now_v7(), blake3, file, content_type, file_path, expires_at, key: None };
                match self.store.add_asset(new, now).await? {
                    AssetAdded::Added { asset, .. } => Ok(Some((asset, true))),
                    AssetAdded::KeyReused => Ok(None),
                }
            }
            _ => {
                self.store.prolong_asset(known.id, expires_at).await?;
                Ok(self.store.asset(known.id, now).await?.map(|asset| (asset, false)))
            }
        }
    }

    /// An uploaded asset. `None`: there is none (any more).
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn get(&self, id: Uuid) -> Result<Option<StoredAsset>, StoreError> {
        self.store.asset(id, now()).await
    }

    /// # Errors
    /// The database cannot be written.
    pub async fn remove(&self, id: Uuid) -> Result<AssetRemoved, StoreError> {
        self.store.remove_asset(id, now()).await
    }

    /// An output as a file that a task can load. `None`: there is none, or its bytes are not in the media store.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) async fn output_file(&self, task: TaskId, number: u32) -> Result<Option<AssetFile>, StoreError> {
        let Some(task) = self.archive.task(task).await else { return Ok(None) };
        let Some(name) = output_of(&task, number).and_then(file_name) else { return Ok(None) };
        let kept = self.store.kept_outputs(task.id).await?;
        Ok(kept.into_iter().find(|kept| kept.output == number).map(|kept| AssetFile { hash: kept.file.hash, name }))
    }
}

fn output_of(task: &Task, number: u32) -> Option<&Output> {
    task.outputs.iter().find(|output| output.id == number)
}

fn file_name(output: &Output) -> Option<String> {
    match &output.content {
        OutputContent::File { filename, .. } => Some(base_name(filename).to_owned()),
        OutputContent::Text { .. } => None,
    }
}
