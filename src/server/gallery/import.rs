//! Takes files in that no task of this Darkroom made: of an earlier time, or of another program.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use proto::{
    comfy::{Catalog, Workflow},
    file_parts::{FileLayout, HEAD},
    gallery::{GalleryId, OutputFacts},
    ids::{NodeId, PromptId, TaskId},
    limits,
    task::{Durations, Output, OutputContent, OutputKind, OutputStorage, Task},
    time::Timestamp,
    workflow_file::{self, FileError, Opened},
};
use uuid::Uuid;

use super::library::Gallery;
use crate::{
    backend::Backend,
    clock::now,
    media::{KeepError, MediaFailure, MediaFiles, SNIFFED, decoded, sniff},
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
    #[error(
        "This is no picture, video or sound that a browser can show: PNG, JPEG, WebP, GIF, AVIF, MP4, WebM, FLAC, MP3 or Ogg. HEIC is not shown by browsers."
    )]
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

/// Where a file was imported from.
#[derive(Clone, Copy)]
pub(super) struct ImportedFrom<'a> {
    pub backend: &'a Backend,
    /// The run that made it, and its node, if the history knows it.
    pub run: Option<&'a (PromptId, NodeId)>,
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
        self.import_from(name, made_at, source, None, None).await
    }

    /// As [`Self::import`]. `length`: of the file in bytes, if it is known. `from`: the ComfyUI that has it.
    pub(super) async fn import_from<E>(
        &self,
        name: String,
        made_at: Option<Timestamp>,
        source: impl Stream<Item = Result<Bytes, E>> + Send,
        length: Option<u64>,
        from: Option<ImportedFrom<'_>>,
    ) -> Result<Imported, ImportError> {
        let mut source = std::pin::pin!(source.fuse());
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
        let new = self.media.files().keep(whole, length, limits::IMPORT).await.map_err(|error| match error {
            KeepError::TooLarge => ImportError::TooLarge,
            KeepError::Store(failure) => failure.into(),
            KeepError::Source(()) | KeepError::Length { .. } => ImportError::BrokenOff,
        })?;
        if let Some(id) = self.store.gallery_with_file(new.file.hash.clone()).await? {
            return Ok(Imported { id, is_new: false });
        }
        let facts = self.facts_of_file(name, &new.file, mime).await;
        let facts = match facts {
            Ok(facts) => self.with_history(facts, from).await,
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

    /// What the history of its ComfyUI says of a file that says nothing itself.
    async fn with_history(&self, mut facts: OutputFacts, from: Option<ImportedFrom<'_>>) -> OutputFacts {
        let Some(ImportedFrom { backend, run }) = from else { return facts };
        facts.backend = backend.id.as_str().to_owned();
        let Some((prompt, node)) = run.filter(|_| facts.program.is_empty()) else { return facts };
        // Without it, the file is taken all the same.
        let Ok(Some(workflow)) = backend.client.history_workflow(prompt).await else { return facts };
        let (catalogs, node) = (self.pool.form_catalogs(), node.clone());
        let read = tokio::task::spawn_blocking(move || of_workflow(&workflow, &node, &catalogs)).await;
        match read {
            Ok(of_history) => OutputFacts {
                kind: facts.kind,
                width: facts.width,
                height: facts.height,
                filename: facts.filename,
                backend: facts.backend,
                program: "ComfyUI".to_owned(),
                ..of_history
            },
            Err(_) => facts,
        }
    }

    async fn facts_of_file(&self, name: String, file: &MediaFile, mime: &'static str) -> Result<OutputFacts, ImportError> {
        // A decoded picture takes up to a gigabyte.
        let _permit = self.looks.acquire().await.map_err(|_| ImportError::Stopping)?;
        let is_whole = file.bytes <= READ_WHOLE;
        let bytes =
            if is_whole { self.media.files().read_whole(&file.hash).await? } else { described_parts(self.media.files(), file).await? };
        let catalogs = self.pool.form_catalogs();
        let read = tokio::task::spawn_blocking(move || {
            let size = checked_size(&bytes, mime, is_whole)?;
            Ok::<_, ImportError>((facts_of_bytes(&bytes, &catalogs), size))
        });
        let (mut facts, size) = read.await.map_err(|_| ImportError::Stopping)??;
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

/// The size of a picture in pixels, which is whole. `None`: of other files. There is no decoder of GIF and AVIF here, only of their sizes.
fn checked_size(bytes: &[u8], mime: &str, is_whole: bool) -> Result<Option<(u32, u32)>, ImportError> {
    let damaged = |error: &dyn std::fmt::Display| ImportError::Damaged(error.to_string());
    if !mime.starts_with("image/") {
        return Ok(None);
    }
    if is_whole && !matches!(mime, "image/gif" | "image/avif") {
        let picture = decoded(bytes).map_err(|error| damaged(&error))?;
        return Ok(Some((picture.width(), picture.height())));
    }
    let size = imagesize::blob_size(bytes).map_err(|error| damaged(&error))?;
    Ok(u32::try_from(size.width).ok().zip(u32::try_from(size.height).ok()))
}

/// Of a file that is too long to be read whole: its beginning, or the parts of it that describe it, which in a video may be at the end.
async fn described_parts(files: &MediaFiles, file: &MediaFile) -> Result<Bytes, MediaFailure> {
    let layout = FileLayout::of(&range(files, file, 0, HEAD as u64).await?);
    let Some(layout) = layout else { return range(files, file, 0, READ_HEAD).await };
    let mut found = BytesMut::from(&range(files, file, 0, layout.start()).await?[..]);
    let mut at = layout.start();
    for _ in 0..limits::FILE_TEXTS {
        let Some(part) = layout.part(&range(files, file, at, HEAD as u64).await?) else { break };
        let room = READ_HEAD.saturating_sub(found.len() as u64);
        if part.is_wanted {
            found.extend_from_slice(&range(files, file, at, part.length.min(room)).await?);
        }
        at = at.saturating_add(part.length);
        if at >= file.bytes || room == 0 {
            break;
        }
    }
    Ok(found.freeze())
}

/// At most `length` bytes from `start` on.
async fn range(files: &MediaFiles, file: &MediaFile, start: u64, length: u64) -> Result<Bytes, MediaFailure> {
    let end = start.saturating_add(length).min(file.bytes);
    if start >= end {
        return Ok(Bytes::new());
    }
    let mut stream = files.read(&file.hash, Some(start..end)).await?;
    let mut bytes = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.map_err(MediaFailure::from)?);
    }
    Ok(bytes.freeze())
}

/// What is written in a file about how it was made. A file without that, or with something that cannot be read, has no facts.
fn facts_of_bytes(bytes: &[u8], catalogs: &[Arc<Catalog>]) -> OutputFacts {
    let opened = workflow_file::open(bytes).and_then(|opened| match opened {
        Opened::Editor(file) => file.convert(catalogs).map(Opened::Api),
        other => Ok(other),
    });
    match opened {
        Ok(Opened::Settings(settings)) => OutputFacts::from_settings(&settings),
        Ok(Opened::Api(opened)) => {
            OutputFacts { program: "ComfyUI".to_owned(), ..of_workflow(&opened.workflow, &NodeId::from(""), catalogs) }
        }
        Ok(Opened::Editor(_)) | Err(FileError::NoCatalog) => OutputFacts { program: "ComfyUI".to_owned(), ..OutputFacts::default() },
        Err(_) => OutputFacts::default(),
    }
}

/// `node`: the one that wrote the file. One that is not there: all of the workflow counts.
fn of_workflow(workflow: &Workflow, node: &NodeId, catalogs: &[Arc<Catalog>]) -> OutputFacts {
    let task = Task::new(TaskId(Uuid::nil()), "", workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
    let output = Output {
        id: 0,
        node: node.clone(),
        kind: OutputKind::Image,
        temporary: false,
        content: OutputContent::Text { text: String::new() },
        storage: OutputStorage::Kept,
        outside: None,
    };
    let facts = OutputFacts::of(&task, workflow, &output, &classes(catalogs, workflow));
    OutputFacts { name: String::new(), workflow: String::new(), ..facts }
}
