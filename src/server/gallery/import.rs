//! Takes files in that no task of this Darkroom made: of an earlier time, or of another program.

use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use proto::{
    comfy::{Catalog, Workflow},
    gallery::{GalleryId, OutputFacts},
    ids::TaskId,
    limits,
    task::{Durations, Output, OutputContent, OutputKind, OutputStorage, Task},
    time::Timestamp,
    workflow_file::{self, FileError, Opened},
};
use uuid::Uuid;

use super::{library::Gallery, size::picture_size};
use crate::{
    clock::now,
    media::{KeepError, MediaFailure, SNIFFED, decoded, sniff},
    store::{MediaFile, NewGalleryItem, StoreError},
    workflow_forms::classes,
};

/// Files up to this length are read whole: to check that a picture is not damaged, and for what is written in them about how they were made.
const READ_WHOLE: u64 = limits::UPLOAD as u64;
/// Of a longer file, what is read of it.
const READ_HEAD: u64 = 8 * 1024 * 1024;

/// Why a file is not in the gallery. The text is for people.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("This is no picture, video or sound that a browser can show: PNG, JPEG, WebP, GIF, MP4, WebM, FLAC, MP3 or Ogg.")]
    UnsupportedType,
    #[error("This picture is damaged: {0}.")]
    Damaged(String),
    #[error("This file is too large: at most {} MiB are taken.", limits::IMPORT / (1024 * 1024))]
    TooLarge,
    #[error("The file ended before it was complete.")]
    BrokenOff,
    #[error("Darkroom is stopping. Send the file again later.")]
    Stopping,
    #[error(transparent)]
    Media(#[from] MediaFailure),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file that is in the gallery now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    pub id: GalleryId,
    /// It was not there before: the same bytes are there once.
    pub is_new: bool,
}

impl Gallery {
    /// Takes a file in. `name`: of the file. `made_at`: when it was made, if that is known. On disk when this returns.
    ///
    /// # Errors
    /// See [`ImportError`]. Nothing of the file stays.
    pub async fn import<E>(
        &self,
        name: String,
        made_at: Option<Timestamp>,
        source: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Imported, ImportError> {
        let mut source = std::pin::pin!(source);
        let mut head = Vec::new();
        let mut first = Vec::new();
        while head.len() < SNIFFED {
            let Some(chunk) = source.next().await else { break };
            let chunk = chunk.map_err(|_| ImportError::BrokenOff)?;
            head.extend_from_slice(&chunk);
            first.push(chunk);
        }
        let mime = sniff(&head).ok_or(ImportError::UnsupportedType)?;
        let rest = source.map(|chunk| chunk.map_err(drop));
        let whole = stream::iter(first.into_iter().map(Ok::<_, ()>)).chain(rest);
        let new = self.media.files().keep(whole, None, limits::IMPORT).await.map_err(|error| match error {
            KeepError::TooLarge => ImportError::TooLarge,
            KeepError::Store(failure) => failure.into(),
            KeepError::Source(()) | KeepError::Length { .. } => ImportError::BrokenOff,
        })?;
        if let Some(id) = self.store.gallery_with_file(new.file.hash.clone()).await? {
            return Ok(Imported { id, is_new: false });
        }
        let facts = self.facts_of_file(name, &new.file, mime).await;
        let facts = match facts {
            Ok(facts) => facts,
            Err(error) => {
                // While it is held: nobody else has taken it in meanwhile.
                if new.is_new {
                    self.media.files().remove(&new.file.hash).await?;
                }
                return Err(error);
            }
        };
        let item = NewGalleryItem { key: None, created_at: made_at.unwrap_or_else(now), hash: new.file.hash.clone(), facts: Some(facts) };
        // While the file is held, so that it is not removed before its row is there.
        let id = self.store.import_to_gallery(new.file.clone(), item, now()).await?.ok_or(ImportError::Stopping)?;
        Ok(Imported { id, is_new: true })
    }

    async fn facts_of_file(&self, name: String, file: &MediaFile, mime: &'static str) -> Result<OutputFacts, ImportError> {
        let is_picture = mime.starts_with("image/");
        let is_whole = file.bytes <= READ_WHOLE;
        let bytes = if is_whole {
            self.media.files().read_whole(&file.hash).await?
        } else {
            let mut stream = self.media.files().read(&file.hash, Some(0..READ_HEAD)).await?;
            let mut head = Vec::new();
            while let Some(chunk) = stream.next().await {
                head.extend_from_slice(&chunk.map_err(MediaFailure::from)?);
            }
            head.into()
        };
        let size = picture_size(self.media.files(), file).await;
        let catalogs = self.pool.form_catalogs();
        let read = tokio::task::spawn_blocking(move || {
            if is_picture && is_whole {
                decoded(&bytes).map_err(|error| ImportError::Damaged(error.to_string()))?;
            }
            Ok::<_, ImportError>(facts_of_bytes(&bytes, &catalogs))
        });
        let mut facts = read.await.map_err(|_| ImportError::Stopping)??;
        facts.kind = match mime.split('/').next() {
            Some("image") => Some(OutputKind::Image),
            Some("video") => Some(OutputKind::Video),
            Some("audio") => Some(OutputKind::Audio),
            _ => None,
        };
        facts.filename = name;
        if let Some((width, height)) = size {
            (facts.width, facts.height) = (width, height);
        }
        Ok(facts)
    }
}

/// What is written in a file about how it was made. A file without that, or with something that cannot be read, has no facts.
fn facts_of_bytes(bytes: &[u8], catalogs: &[Arc<Catalog>]) -> OutputFacts {
    let opened = workflow_file::open(bytes).and_then(|opened| match opened {
        Opened::Editor(file) => file.convert(catalogs).map(Opened::Api),
        other => Ok(other),
    });
    match opened {
        Ok(Opened::Settings(settings)) => OutputFacts::from_settings(&settings),
        Ok(Opened::Api(opened)) => OutputFacts { program: "ComfyUI".to_owned(), ..of_workflow(&opened.workflow, catalogs) },
        Ok(Opened::Editor(_)) | Err(FileError::NoCatalog) => OutputFacts { program: "ComfyUI".to_owned(), ..OutputFacts::default() },
        Err(_) => OutputFacts::default(),
    }
}

/// Which node wrote the file is not known: all of the workflow counts.
fn of_workflow(workflow: &Workflow, catalogs: &[Arc<Catalog>]) -> OutputFacts {
    let task = Task::new(TaskId(Uuid::nil()), "", workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
    let output = Output {
        id: 0,
        node: "".into(),
        kind: OutputKind::Image,
        temporary: false,
        content: OutputContent::Text { text: String::new() },
        storage: OutputStorage::Kept,
        outside: None,
    };
    let facts = OutputFacts::of(&task, workflow, &output, &classes(catalogs, workflow));
    OutputFacts { name: String::new(), workflow: String::new(), ..facts }
}
