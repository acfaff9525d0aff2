//! `POST /api/pictures`: a picture to work on, kept by Darkroom. It is sent to the ComfyUI that gets a task with it.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    body::Body,
    extract::{FromRequest, FromRequestParts, Multipart, Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    extract::{ApiQuery, shaped_bytes},
    fields::{not_null, not_null_integer},
    kind::ProblemKind,
    outputs::{PictureBytes, ThumbSide},
    problem::ApiProblem,
    responses::problem_responses,
    uploads::UploadPermits,
};
use crate::{
    AppState,
    pictures::PictureError,
    report::Urls,
    routes::media::{self, MetadataChoice, OutputRequest},
};
use proto::{
    edit::{PictureId, StoredPicture},
    gallery::GalleryId,
    ids::TaskId,
    limits,
};

/// A picture that Darkroom has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Picture)]
pub struct PictureReport {
    /// The SHA-256 of its bytes: the same picture has the same id.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    id: PictureId,
    /// In pixels.
    width: u32,
    height: u32,
    /// A picture that its metadata turns, with several frames, or with 16 bits, is kept as a PNG of what is seen.
    #[schema(example = "image/png")]
    content_type: &'static str,
    /// What to write as the input `image` of LoadImage or LoadImageMask in a workflow.
    #[schema(example = "darkroom/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.png")]
    image: String,
    /// Where its bytes are.
    url: String,
}

impl PictureReport {
    fn of(picture: StoredPicture, urls: &Urls) -> Self {
        Self {
            image: picture.file().input(),
            url: urls.at(&format!("/api/pictures/{}", picture.id)),
            width: picture.size.width,
            height: picture.size.height,
            content_type: picture.format.media_type(),
            id: picture.id,
        }
    }
}

/// A form with one file.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
pub struct PictureForm {
    /// PNG, JPEG or WebP, at most 50 MiB and 64 megapixels.
    #[schema(value_type = String, format = Binary)]
    image: String,
}

/// An output, to be worked on further: either `task` and `output`, or `outputId`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PictureFromOutput {
    #[schema(value_type = Option<String>, format = Uuid, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    task: Option<TaskId>,
    /// Counts from 0, in the order of the task's outputs.
    #[serde(default, deserialize_with = "not_null_integer")]
    #[schema(minimum = 0, nullable = false)]
    output: Option<u32>,
    /// An output of the gallery, also one whose task is gone.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false)]
    output_id: Option<GalleryId>,
}

problem_responses!(NewPictureProblems {
    400 => "Not a form, not a whole one, or not JSON.",
    403 => "A node wrote the output outside ComfyUI's folders, and ComfyUI does not hand it out.",
    404 => "There is no such task or output (any more).",
    413 => "More than 50 MiB.",
    415 => "Neither a picture, a form nor JSON; or a file of another type.",
    422 => "No file, too many pixels, or not readable.",
    502 => "The output is not kept, and its ComfyUI cannot be reached.",
    503 => "It cannot be stored now, or too many uploads are under way.",
});

/// Give a picture
///
/// As the body itself, as the file `image` of a form, as `{"task", "output"}` for a result of a task, or as `{"outputId"}` for any output of the gallery. It stays as long as a task or a saved workflow
/// loads it, and at least a week after its last use.
#[utoipa::path(
    post,
    path = "/pictures",
    operation_id = "createPicture",
    tag = "Uploads",
    request_body(content(
        (PictureFromOutput = "application/json"),
        (PictureForm = "multipart/form-data"),
        (PictureBytes = "image/png"),
        (PictureBytes = "image/jpeg"),
        (PictureBytes = "image/webp"),
    )),
    responses(
        (status = 201, description = "Darkroom has it.", body = PictureReport, headers(("Location" = String, description = "The picture."))),
        NewPictureProblems,
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    axum::Extension(permits): axum::Extension<UploadPermits>,
    request: Request,
) -> Result<Response, ApiProblem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let _permit = permits.try_acquire()?;
    let taken = tokio::time::timeout(limits::UPLOAD_TIME, received(&state, &kind, request)).await;
    let bytes = taken
        .map_err(|_| ApiProblem::new(ProblemKind::BadBody, format!("An upload takes at most {} s.", limits::UPLOAD_TIME.as_secs())))??;
    let picture = PictureReport::of(state.pictures().take(bytes).await?, state.urls());
    Ok((StatusCode::CREATED, [(header::LOCATION, picture.url.clone())], Json(picture)).into_response())
}

async fn received(state: &AppState, kind: &str, request: Request) -> Result<Bytes, ApiProblem> {
    match kind {
        "multipart/form-data" => of_form(request).await,
        "application/json" => {
            let body = whole(request.into_body()).await?;
            match shaped_bytes(&body)? {
                PictureFromOutput { task: Some(task), output: Some(output), output_id: None } => of_output(state, task, output).await,
                PictureFromOutput { task: None, output: None, output_id: Some(id) } => of_gallery(state, id).await,
                _ => Err(ApiProblem::at("", "Give either task and output, or outputId.")),
            }
        }
        kind if kind.starts_with("image/") || kind == "application/octet-stream" => whole(request.into_body()).await,
        _ => Err(ApiProblem::new(
            ProblemKind::UnsupportedType,
            "Send the picture itself (Content-Type: image/png, image/jpeg or image/webp), a form with the file image, or JSON that names an output.",
        )),
    }
}

async fn of_form(request: Request) -> Result<Bytes, ApiProblem> {
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        let kind = if error.status() == StatusCode::PAYLOAD_TOO_LARGE { ProblemKind::TooLarge } else { ProblemKind::BadBody };
        ApiProblem::new(kind, format!("{}.", error.body_text()))
    };
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| ApiProblem::new(ProblemKind::BadBody, format!("{}.", error.body_text())))?;
    let mut image = None;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("image") if image.is_some() => return Err(ApiProblem::at("/image", "One file at a time.")),
            Some("image") => image = Some(field.bytes().await.map_err(unreadable)?),
            name => {
                let name: String = name.unwrap_or_default().chars().take(limits::NAME).collect();
                let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
                return Err(ApiProblem::at(pointer, "unknown field; there is image"));
            }
        }
    }
    image.ok_or_else(|| ApiProblem::at("/image", "There is no file: send one in the field image."))
}

/// All bytes of a body, at most [`limits::UPLOAD`].
async fn whole(body: Body) -> Result<Bytes, ApiProblem> {
    let mut stream = body.into_data_stream();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| ApiProblem::new(ProblemKind::BadBody, "The body ended before it was complete."))?;
        if bytes.len() + chunk.len() > limits::UPLOAD {
            return Err(PictureError::TooLarge.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

async fn of_output(state: &AppState, task: TaskId, output: u32) -> Result<Bytes, ApiProblem> {
    let request = OutputRequest { thumb: None, download: false, is_head: false, headers: HeaderMap::new() };
    let response = media::fetch(state, task, output, request).await?;
    whole(response.into_body()).await
}

async fn of_gallery(state: &AppState, id: GalleryId) -> Result<Bytes, ApiProblem> {
    let request = OutputRequest { thumb: None, download: false, is_head: false, headers: HeaderMap::new() };
    let response = media::gallery_file(state, &state.gallery().item(id).await?, request, MetadataChoice::Keep).await?;
    whole(response.into_body()).await
}

/// `{picture}`.
pub(super) struct PicturePath(PictureId);

impl<S: Send + Sync> FromRequestParts<S> for PicturePath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        super::extract::part(parts, state, "picture", "the id of a picture, which is a SHA-256 in hexadecimal").await.map(Self)
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PictureQuery {
    /// A small picture, as WebP: the pixels of its longest side.
    #[param(inline)]
    thumb: Option<ThumbSide>,
}

problem_responses!(PictureProblems {
    400 => "Not an id, or an unknown parameter.",
    404 => "There is no such picture (any more).",
    416 => "The range is not in it: `Content-Range` has its length.",
    503 => "The media store or the database cannot be read.",
});

/// Fetch a picture
///
/// It never changes.
#[utoipa::path(
    get,
    path = "/pictures/{picture}",
    operation_id = "getPicture",
    tag = "Uploads",
    params(
        ("picture" = String, Path, description = "The picture's id.", pattern = "^[0-9a-f]{64}$"),
        PictureQuery,
    ),
    responses(
        (status = 200, description = "The picture.", content(
            (PictureBytes = "image/png"), (PictureBytes = "image/jpeg"), (PictureBytes = "image/webp"),
        )),
        (status = 206, description = "The range of it that was asked for.", content(
            (PictureBytes = "image/png"), (PictureBytes = "image/jpeg"), (PictureBytes = "image/webp"),
        )),
        (status = 304, description = "It is what `If-None-Match` names."),
        PictureProblems,
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    PicturePath(id): PicturePath,
    ApiQuery(PictureQuery { thumb }): ApiQuery<PictureQuery>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let (picture, file) = state.pictures().get(&id).await?;
    let request = OutputRequest { thumb: thumb.map(ThumbSide::pixels), download: false, is_head: method == Method::HEAD, headers };
    media::kept_file(state.media(), &file, &picture.file().file_name(), &request).await.map_err(|error| PictureError::from(error).into())
}

impl From<PictureError> for ApiProblem {
    fn from(error: PictureError) -> Self {
        let kind = match &error {
            PictureError::UnsupportedType => ProblemKind::UnsupportedType,
            PictureError::Invalid(_) => ProblemKind::InvalidImage,
            PictureError::TooLarge => ProblemKind::TooLarge,
            PictureError::Unknown => ProblemKind::UnknownPicture,
            PictureError::Media(_) | PictureError::Store(_) | PictureError::Stopping => ProblemKind::Unavailable,
        };
        if kind == ProblemKind::Unavailable {
            tracing::error!(%error, "a picture cannot be stored or read");
        }
        Self::new(kind, error.to_string())
    }
}
