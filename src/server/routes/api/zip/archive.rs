//! Writes the selected outputs into a zip file that is sent meanwhile.

use std::{io, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::read::DeflateDecoder;
use futures::{StreamExt, stream};
use proto::{
    comfy::Workflow,
    gallery::{FileNamePattern, GallerySelection, NamedOutput, UniqueNames, day_and_time},
    ids::TaskId,
    limits,
};

use super::{
    super::{gallery::shapes::GalleryOutput, kind::ProblemKind, problem::ApiProblem},
    content::{ZipSidecar, nothing},
    selected::{SelectedOutput, SelectedOutputs},
    sidecar::{OutputSidecar, OutputTable},
};
use crate::{
    AppState,
    clock::now,
    media::{MediaFailure, PlainError},
    routes::{attachment::attachment, media::MetadataChoice},
    store::GalleryItem,
    zip_stream::{ZipSink, ZipStreamError, zip_stream},
};

const TABLE: (&str, &str) = ("outputs", "csv");
const MISSING: (&str, &str) = ("MISSING", "txt");

/// How a zip file is to be.
pub(super) struct Archive {
    pub(super) names: FileNamePattern,
    pub(super) sidecar: ZipSidecar,
    pub(super) metadata: MetadataChoice,
}

/// A file on its way into the zip file.
enum ArchiveFile {
    /// Its bytes, and how many there are, where that is known.
    Bytes(stream::BoxStream<'static, Result<Bytes, String>>, Option<u64>),
    /// Why it is not in the zip file.
    Missing(String),
}

/// What is known while a zip file is written.
struct ArchiveWriter {
    state: AppState,
    archive: Archive,
    sink: ZipSink,
    names: UniqueNames,
    number: u64,
    table: Option<OutputTable>,
    missing: Vec<String>,
    /// The workflow of the task before: its outputs follow each other.
    workflow: Option<(TaskId, Option<Arc<Workflow>>)>,
}

impl Archive {
    /// The response, which goes on while the files are read.
    ///
    /// # Errors
    /// The database cannot be read, a term of the search means nothing, or nothing is selected.
    pub(super) async fn respond(self, state: &AppState, selection: GallerySelection) -> Result<Response, ApiProblem> {
        if let GallerySelection::Ids(ids) = &selection
            && ids.len() > limits::GALLERY_SELECTED
        {
            let most = limits::GALLERY_SELECTED;
            let detail = format!("At most {most} outputs are named at once. Download the results of a search instead.");
            return Err(ApiProblem::new(ProblemKind::InvalidRequest, detail));
        }
        let mut outputs = SelectedOutputs::of(selection);
        // Before the response begins, so that a mistake in the search is a problem, and no broken download.
        let mut first = Vec::new();
        while !first.iter().any(|selected| matches!(selected, SelectedOutput::Output(_))) {
            let mut part = outputs.next(state.gallery()).await?;
            if part.is_empty() {
                return Err(nothing());
            }
            first.append(&mut part);
        }
        let (sink, body) = zip_stream();
        let mut names = UniqueNames::default();
        for (name, ending) in [TABLE, MISSING] {
            names.take(name, &[ending]);
        }
        let table = match self.sidecar {
            ZipSidecar::Csv | ZipSidecar::Both => {
                Some(OutputTable::new().map_err(|error| ApiProblem::new(ProblemKind::Internal, error.to_string()))?)
            }
            ZipSidecar::None | ZipSidecar::Json => None,
        };
        let mut writer =
            ArchiveWriter { state: state.clone(), archive: self, sink, names, number: 0, table, missing: Vec::new(), workflow: None };
        // When the client is gone, the body is dropped, and with it what is written next fails.
        tokio::spawn(async move {
            let result = writer.write(first, outputs).await;
            writer.sink.end(result).await;
        });
        let filename = format!("darkroom-{}.zip", day_and_time(now()).0);
        let fields = [
            (header::CONTENT_TYPE, "application/zip".to_owned()),
            (header::CONTENT_DISPOSITION, attachment(&filename)),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            // nginx and compatible proxies store responses unless this header is set.
            (HeaderName::from_static("x-accel-buffering"), "no".to_owned()),
        ];
        Ok((fields, Body::from_stream(body)).into_response())
    }
}

impl ArchiveWriter {
    async fn write(&mut self, first: Vec<SelectedOutput>, mut outputs: SelectedOutputs) -> Result<(), ZipStreamError> {
        let mut part = first;
        while !part.is_empty() {
            for selected in part {
                match selected {
                    SelectedOutput::Output(item) => self.add(*item).await?,
                    SelectedOutput::Gone(id) => self.missing.push(format!("{id}: it is not in the gallery any more.")),
                }
            }
            part = outputs.next(self.state.gallery()).await.map_err(|error| ZipStreamError::Source(error.to_string()))?;
        }
        if let Some(table) = self.table.take() {
            let packed = table.finish()?;
            self.sink.add_text(&format!("{}.{}", TABLE.0, TABLE.1), now(), DeflateDecoder::new(io::Cursor::new(packed))).await?;
        }
        if !self.missing.is_empty() {
            let text = format!("These outputs are not in this zip file:\r\n\r\n{}\r\n", self.missing.join("\r\n"));
            self.sink.add_text(&format!("{}.{}", MISSING.0, MISSING.1), now(), io::Cursor::new(text)).await?;
        }
        Ok(())
    }

    async fn add(&mut self, item: GalleryItem) -> Result<(), ZipStreamError> {
        let (id, created_at, task) = (item.id, item.created_at, item.task);
        let ending = ending(item.file.mime.as_deref(), &item.facts.filename);
        let (source, bytes) = match self.file(&item).await? {
            ArchiveFile::Bytes(source, bytes) => (source, bytes),
            ArchiveFile::Missing(why) => {
                self.missing.push(format!("{id} ({}): {why}", item.facts.filename));
                return Ok(());
            }
        };
        self.number += 1;
        let path = self.archive.names.path(NamedOutput { id, created_at, facts: &item.facts, number: self.number });
        let has_sidecar = matches!(self.archive.sidecar, ZipSidecar::Json | ZipSidecar::Both);
        let sidecar_ending = if ending == "json" { "info.json" } else { "json" };
        let endings = [ending.as_str(), sidecar_ending];
        let path = self.names.take(&path, if has_sidecar { &endings } else { &endings[..1] });
        let file = format!("{path}.{ending}");
        self.sink.add_file(&file, created_at, bytes, source).await?;
        if !has_sidecar && self.table.is_none() {
            return Ok(());
        }
        let output = GalleryOutput::of(item, self.state.urls());
        if has_sidecar {
            let api_workflow = self.workflow(task).await?;
            let sidecar = OutputSidecar { file: &file, output: &output, api_workflow: api_workflow.as_deref() };
            let json = serde_json::to_vec_pretty(&sidecar).map_err(|error| ZipStreamError::Source(error.to_string()))?;
            self.sink.add_text(&format!("{path}.{sidecar_ending}"), created_at, io::Cursor::new(json)).await?;
        }
        if let Some(table) = &mut self.table {
            table.add(&file, &output)?;
        }
        Ok(())
    }

    async fn file(&self, item: &GalleryItem) -> Result<ArchiveFile, ZipStreamError> {
        let media = self.state.media();
        let missing = |why: &str| Ok(ArchiveFile::Missing(why.to_owned()));
        let unread = |error: MediaFailure| ZipStreamError::File(item.facts.filename.clone(), error.to_string());
        const NO_FILE: &str = "its file is not in the media store.";
        if self.archive.metadata == MetadataChoice::Strip {
            return match media.without_metadata(&item.file).await {
                Ok(plain) => {
                    let bytes = plain.len() as u64;
                    Ok(ArchiveFile::Bytes(stream::once(async move { Ok(plain) }).boxed(), Some(bytes)))
                }
                Err(PlainError::Media(MediaFailure::Missing)) => missing(NO_FILE),
                Err(PlainError::Media(error)) => Err(unread(error)),
                Err(error @ (PlainError::Strip(_) | PlainError::TooLarge)) => missing(&error.to_string()),
            };
        }
        match media.read(&item.file, None).await {
            // A file that was missing has no length.
            Ok(source) => {
                let bytes = Some(item.file.bytes).filter(|bytes| *bytes > 0);
                Ok(ArchiveFile::Bytes(source.map(|chunk| chunk.map_err(|error| error.to_string())).boxed(), bytes))
            }
            Err(MediaFailure::Missing) => missing(NO_FILE),
            Err(error) => Err(unread(error)),
        }
    }

    async fn workflow(&mut self, task: Option<TaskId>) -> Result<Option<Arc<Workflow>>, ZipStreamError> {
        let Some(task) = task else { return Ok(None) };
        if let Some((known, workflow)) = &self.workflow
            && *known == task
        {
            return Ok(workflow.clone());
        }
        let stored = self.state.archive().stored(task).await.map_err(|error| ZipStreamError::Source(error.to_string()))?;
        let workflow = stored.map(|stored| stored.workflow);
        self.workflow = Some((task, workflow.clone()));
        Ok(workflow)
    }
}

/// By the type of its bytes; else that of its own name, if it is one.
fn ending(mime: Option<&str>, filename: &str) -> String {
    let known = match mime {
        Some("image/png") => "png",
        Some("image/jpeg") => "jpg",
        Some("image/webp") => "webp",
        Some("image/gif") => "gif",
        Some("video/mp4") if filename.to_lowercase().ends_with(".mov") => "mov",
        Some("video/mp4") => "mp4",
        Some("video/webm") if filename.to_lowercase().ends_with(".mkv") => "mkv",
        Some("video/webm") => "webm",
        Some("audio/flac") => "flac",
        Some("audio/mpeg") => "mp3",
        Some("audio/ogg") if filename.to_lowercase().ends_with(".opus") => "opus",
        Some("audio/ogg") => "ogg",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let own = filename.rsplit_once('.').map_or("", |(_, own)| own).to_lowercase();
    let is_plain = (1..=8).contains(&own.len()) && own.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { own } else { "bin".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_follows_the_type() {
        for (mime, filename, expected) in [
            (Some("image/jpeg"), "a.png", "jpg"),
            (Some("video/mp4"), "a.MOV", "mov"),
            (Some("video/mp4"), "a", "mp4"),
            (None, "a.GLB", "glb"),
            (None, "a.b c", "bin"),
            (None, "safetensors", "bin"),
            (Some("text/html"), "x.json", "json"),
        ] {
            assert_eq!(ending(mime, filename), expected, "{filename}");
        }
    }
}
