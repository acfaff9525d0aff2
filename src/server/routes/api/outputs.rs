//! `GET /api/tasks/{id}/outputs/{number}`: what a task put out.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{extract::State, response::Response};
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
    routes::media::{self, MediaError},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutputQuery {
    /// A smaller picture, as WebP.
    #[serde(default)]
    #[param(default = false)]
    preview: bool,
    /// To be saved under its own name, not shown.
    #[serde(default)]
    #[param(default = false)]
    download: bool,
}

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "it is a schema")]
pub struct Bytes(String);

problem_responses!(OutputProblems {
    400 => "Not an id or a number, or an unknown parameter.",
    403 => "A node wrote the file outside ComfyUI's folders, and ComfyUI does not hand it out.",
    404 => "There is no such task or output, or ComfyUI no longer has the file.",
    502 => "Its ComfyUI cannot be reached.",
});

/// Fetch an output
///
/// Pictures, videos and sounds come with the type that their bytes say; everything else as a download. An output never changes.
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
            (Bytes = "image/png"), (Bytes = "image/jpeg"), (Bytes = "image/webp"), (Bytes = "image/gif"), (Bytes = "video/mp4"), (Bytes = "video/webm"),
            (Bytes = "audio/flac"), (Bytes = "audio/mpeg"), (Bytes = "audio/ogg"), (Bytes = "application/octet-stream"), (String = "text/plain"),
        )),
        OutputProblems,
    ),
)]
pub(super) async fn output(
    State(state): State<AppState>,
    TaskPath(id): TaskPath,
    OutputPath(number): OutputPath,
    ApiQuery(OutputQuery { preview, download }): ApiQuery<OutputQuery>,
) -> Result<Response, ApiProblem> {
    Ok(media::fetch(&state, id, number, preview, download).await?)
}

impl From<MediaError> for ApiProblem {
    fn from(error: MediaError) -> Self {
        let kind = match &error {
            MediaError::UnknownTask => ProblemKind::UnknownTask,
            MediaError::UnknownOutput | MediaError::NoBackend | MediaError::Gone => ProblemKind::UnknownOutput,
            MediaError::NotServed(_) => ProblemKind::FileNotServed,
            MediaError::Unreachable => ProblemKind::BadGateway,
        };
        Self::new(kind, error.to_string())
    }
}
