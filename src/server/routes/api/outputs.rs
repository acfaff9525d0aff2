//! `GET /api/tasks/{id}/outputs/{number}`: an output of a task.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    extract::State,
    http::{HeaderMap, Method},
    response::Response,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    extract::{ApiQuery, OutputPath, TaskPath},
    kind::ProblemKind,
    problem::ApiProblem,
    responses::problem_responses,
};
use crate::{
    AppState,
    routes::media::{self, MediaError, OutputRequest},
};
use proto::limits;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutputQuery {
    /// A small picture, as WebP: the pixels of its longest side.
    #[param(inline)]
    thumb: Option<ThumbSide>,
    /// As `thumb=640`.
    #[serde(default)]
    #[param(default = false)]
    preview: bool,
    /// To be saved under its own name, not shown.
    #[serde(default)]
    #[param(default = false)]
    download: bool,
}

/// The sizes that there are.
#[derive(Clone, Copy, Deserialize, ToSchema)]
pub enum ThumbSide {
    #[serde(rename = "320")]
    Small,
    #[serde(rename = "640")]
    Large,
}

impl ThumbSide {
    pub(super) fn pixels(self) -> u32 {
        let [small, large] = limits::THUMBNAIL_SIDES;
        if matches!(self, Self::Small) { small } else { large }
    }
}

/// The bytes of a picture.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "it is a schema")]
pub struct PictureBytes(String);

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "it is a schema")]
pub struct Bytes(String);

problem_responses!(OutputProblems {
    400 => "Not an id or a number, or an unknown parameter.",
    403 => "A node wrote the file outside ComfyUI's folders, and ComfyUI does not hand it out.",
    404 => "There is no such task or output, or it was not kept and ComfyUI no longer has the file.",
    416 => "The range is not in it: `Content-Range` has its length.",
    502 => "It is not kept (yet), and its ComfyUI cannot be reached; or the media store cannot.",
});

/// Fetch an output
///
/// Pictures, videos and sounds have the type found in their bytes; everything else as a download. An output never changes: a kept one has a
/// strong `ETag`, and parts of it can be requested (`Range`, `If-Range`).
#[utoipa::path(
    get,
    path = "/tasks/{id}/outputs/{number}",
    operation_id = "getOutput",
    tag = "Tasks",
    params(
        ("id" = Uuid, Path, description = "The task's id."),
        ("number" = u32, Path, description = "Counts from 0, in the order of the task's outputs.", minimum = 0),
        OutputQuery,
    ),
    responses(
        (status = 200, description = "The file, or the text.", content(
            (Bytes = "image/png"), (Bytes = "image/jpeg"), (Bytes = "image/webp"), (Bytes = "image/gif"), (Bytes = "image/avif"), (Bytes = "video/mp4"), (Bytes = "video/webm"),
            (Bytes = "audio/flac"), (Bytes = "audio/mpeg"), (Bytes = "audio/ogg"), (Bytes = "application/octet-stream"), (String = "text/plain"),
        )),
        (status = 206, description = "The range of it that was asked for.", content(
            (Bytes = "image/png"), (Bytes = "image/jpeg"), (Bytes = "image/webp"), (Bytes = "image/gif"), (Bytes = "image/avif"), (Bytes = "video/mp4"), (Bytes = "video/webm"),
            (Bytes = "audio/flac"), (Bytes = "audio/mpeg"), (Bytes = "audio/ogg"), (Bytes = "application/octet-stream"),
        )),
        (status = 304, description = "It is what `If-None-Match` names."),
        OutputProblems,
    ),
)]
pub(super) async fn output(
    State(state): State<AppState>,
    TaskPath(id): TaskPath,
    OutputPath(number): OutputPath,
    ApiQuery(OutputQuery { thumb, preview, download }): ApiQuery<OutputQuery>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let thumb = thumb.or(preview.then_some(ThumbSide::Large)).map(ThumbSide::pixels);
    Ok(media::fetch(&state, id, number, OutputRequest { thumb, download, is_head: method == Method::HEAD, headers }).await?)
}

impl From<MediaError> for ApiProblem {
    fn from(error: MediaError) -> Self {
        let kind = match &error {
            MediaError::UnknownTask => ProblemKind::UnknownTask,
            MediaError::UnknownOutput | MediaError::NoBackend | MediaError::Gone | MediaError::NotKept | MediaError::FileMissing => {
                ProblemKind::UnknownOutput
            }
            MediaError::NotServed(_) => ProblemKind::FileNotServed,
            MediaError::MetadataStays(_) => ProblemKind::MetadataStays,
            MediaError::Unreachable | MediaError::StoreUnavailable => ProblemKind::BadGateway,
        };
        Self::new(kind, error.to_string())
    }
}
