//! `/api/outputs`: the gallery for programs.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

pub(super) mod shapes;
pub(super) mod trash;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::{
    gallery::{GalleryId, GalleryOrder, GalleryQuery},
    limits,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use self::shapes::{FileHashes, GalleryOutput, GalleryPage, KnownHashes, OutputAction, OutputActionResult, OutputFacets};
use super::{
    extract::{ActionPath, ApiQuery, GalleryPath, JsonBytes},
    kind::ProblemKind,
    outputs::{Bytes, ThumbSide},
    problem::ApiProblem,
    responses::problem_responses,
};
use crate::{
    AppState,
    clock::parse_rfc3339,
    gallery::{GalleryError, ImportError},
    routes::media::{self, MetadataChoice, OutputRequest},
    store::GalleryRange,
};

impl From<GalleryError> for ApiProblem {
    fn from(error: GalleryError) -> Self {
        match error {
            GalleryError::Unknown => Self::new(ProblemKind::UnknownOutput, error.to_string()),
            GalleryError::UnknownAction => Self::new(ProblemKind::UnknownAction, error.to_string()),
            GalleryError::NotInTrash => Self::new(ProblemKind::WrongState, error.to_string()),
            GalleryError::Search(error) => Self::new(ProblemKind::BadSearch, error.to_string()),
            GalleryError::Change(why) => Self::at("/change", why),
            GalleryError::Store(error) => error.into(),
        }
    }
}

problem_responses!(SearchProblems {
    400 => "An unknown parameter or a bad value.",
    422 => "A term of the search means nothing: `detail` says what to write instead.",
    503 => "The database cannot be read.",
});

problem_responses!(ReadProblems {
    400 => "Not an id.",
    404 => "There is no such output.",
    503 => "The database cannot be read.",
});

problem_responses!(FileProblems {
    400 => "Not an id, or an unknown parameter.",
    404 => "There is no such output, or its file is missing.",
    416 => "The range is not in it: `Content-Range` has its length.",
    422 => "The metadata of this file cannot be removed.",
    502 => "The media store cannot be read.",
    503 => "The database cannot be read.",
});

problem_responses!(ActionProblems {
    400 => "Not JSON.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, a change that cannot be made, or a term of the search that means nothing.",
    503 => "The database cannot be written. What was changed until then is changed; the same again does the rest.",
});

problem_responses!(UndoProblems {
    400 => "Not an id.",
    404 => "There is no such change, or it is too long ago.",
    503 => "The database cannot be written. The same again does the rest.",
});

/// The order of a list.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputOrder {
    #[default]
    Newest,
    Oldest,
}

impl From<OutputOrder> for GalleryOrder {
    fn from(order: OutputOrder) -> Self {
        match order {
            OutputOrder::Newest => Self::Newest,
            OutputOrder::Oldest => Self::Oldest,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct OutputsQuery {
    /// A search: words, and terms such as `model:flux*`, `lora:`, `tag:`, `star:yes`, `rating:>=4`, `size:>1mp`, `ratio:16:9`, `date:2026-11`, `seed:42`,
    /// `workflow:`, `backend:`, `has:mask`, `in:trash`; `-` before a term leaves out what it finds. Dates are in UTC.
    #[serde(default)]
    #[param(default = "", example = "red door model:flux* -star:yes")]
    q: String,
    #[serde(default)]
    #[param(inline)]
    order: OutputOrder,
    /// `next` of the page before.
    #[param(value_type = Option<String>, nullable = false, pattern = "^[0-9]{1,18}$")]
    after: Option<GalleryId>,
    /// Outputs in a page.
    #[param(minimum = 1, maximum = 200, default = 60, nullable = false)]
    limit: Option<u32>,
}

/// Search outputs
///
/// Every kept output is in the gallery, also when its task is gone. Those in the trash are found with `in:trash` only.
#[utoipa::path(
    get,
    path = "/outputs",
    operation_id = "searchOutputs",
    tag = "Outputs",
    params(OutputsQuery),
    responses((status = 200, description = "A page of outputs.", body = GalleryPage), SearchProblems),
)]
pub(super) async fn search(
    State(state): State<AppState>,
    ApiQuery(OutputsQuery { q, order, after, limit }): ApiQuery<OutputsQuery>,
) -> Result<Json<GalleryPage>, ApiProblem> {
    let limit = limit.unwrap_or(limits::GALLERY_FIRST_TILES);
    if !(1..=limits::GALLERY_TILES).contains(&limit) {
        return Err(ApiProblem::new(ProblemKind::BadQuery, format!("limit is a number from 1 to {}.", limits::GALLERY_TILES)));
    }
    let query = GalleryQuery { text: q, order: order.into(), utc_offset_minutes: 0 };
    let total = state.gallery().count(&query, None).await?;
    let range = GalleryRange { after, ..GalleryRange::default() };
    let items = state.gallery().page(&query, range, limit).await?;
    let next = (items.len() >= limit as usize).then(|| items.last().map(|item| item.id)).flatten();
    Ok(Json(GalleryPage { outputs: items.into_iter().map(|item| GalleryOutput::of(item, state.urls())).collect(), total, next }))
}

impl From<ImportError> for ApiProblem {
    fn from(error: ImportError) -> Self {
        let kind = match &error {
            ImportError::UnsupportedType => ProblemKind::UnsupportedType,
            ImportError::Damaged(_) => ProblemKind::InvalidImage,
            ImportError::TooLarge => ProblemKind::TooLarge,
            ImportError::BrokenOff => ProblemKind::BadBody,
            ImportError::Stopping | ImportError::Media(_) | ImportError::Store(_) => ProblemKind::Unavailable,
        };
        if kind == ProblemKind::Unavailable {
            tracing::error!(%error, "a file cannot be taken into the gallery");
        }
        Self::new(kind, error.to_string())
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ImportQuery {
    /// The name of the file, without its folder; 1 to 255 characters.
    #[param(min_length = 1, max_length = 255, example = "00042-1234567.png")]
    filename: String,
    /// When it was made (RFC 3339), such as the time of the file. Now, where it is not given.
    #[param(format = DateTime, nullable = false, example = "2026-11-20T17:11:54.015Z")]
    created_at: Option<String>,
}

problem_responses!(ImportProblems {
    400 => "An unknown parameter, a bad value, or the body ended too early.",
    413 => "Too large.",
    415 => "No picture, video or sound that a browser can show.",
    422 => "The picture is damaged.",
    503 => "It cannot be stored now.",
});

/// Import a file
///
/// A picture, video or sound from elsewhere: the body is the file. What ComfyUI, Stable Diffusion WebUI, Forge, SwarmUI, InvokeAI or NovelAI wrote into it about how it was made is
/// read. A file that is in the gallery already stays as it is.
#[utoipa::path(
    post,
    path = "/outputs",
    operation_id = "importOutput",
    tag = "Outputs",
    params(ImportQuery),
    request_body(content = Bytes, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "It was there already.", body = GalleryOutput),
        (status = 201, description = "It is in the gallery.", body = GalleryOutput, headers(("Location" = String, description = "The output."))),
        ImportProblems,
    ),
)]
pub(super) async fn import(
    State(state): State<AppState>,
    ApiQuery(ImportQuery { filename, created_at }): ApiQuery<ImportQuery>,
    body: Body,
) -> Result<Response, ApiProblem> {
    let name = filename.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    if name.is_empty() || name.chars().count() > 255 || name.chars().any(char::is_control) {
        return Err(ApiProblem::new(ProblemKind::BadQuery, "filename is the name of a file, 1 to 255 characters."));
    }
    let made_at = match created_at {
        Some(text) => {
            let wrong = || ApiProblem::new(ProblemKind::BadQuery, "createdAt is a moment like 2026-11-20T17:11:54.015Z.");
            Some(parse_rfc3339(&text).ok_or_else(wrong)?)
        }
        None => None,
    };
    let imported = state.gallery().import(name, made_at, body.into_data_stream()).await?;
    let output = GalleryOutput::of(state.gallery().item(imported.id).await?, state.urls());
    if !imported.is_new {
        return Ok(Json(output).into_response());
    }
    let location = format!("/api/outputs/{}", imported.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(output)).into_response())
}

problem_responses!(KnownProblems {
    400 => "Not JSON.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, or too many hashes.",
    503 => "The database cannot be read.",
});

/// Which files are in the gallery
///
/// So that they need not be sent again.
#[utoipa::path(
    post,
    path = "/outputs/known",
    operation_id = "knownOutputs",
    tag = "Outputs",
    request_body = FileHashes,
    responses((status = 200, description = "Those that are there, also in the trash.", body = KnownHashes), KnownProblems),
)]
pub(super) async fn known(State(state): State<AppState>, body: JsonBytes) -> Result<Json<KnownHashes>, ApiProblem> {
    let known = state.gallery().known(body.read::<FileHashes>()?.checked()?).await?;
    Ok(Json(KnownHashes { known }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FacetsQuery {
    /// A search, as for `GET /api/outputs`.
    #[serde(default)]
    #[param(default = "")]
    q: String,
}

/// Count outputs by their values
///
/// How many results of a search have which model, LoRA, tag, workflow, …
#[utoipa::path(
    get,
    path = "/outputs/facets",
    operation_id = "countOutputs",
    tag = "Outputs",
    params(FacetsQuery),
    responses((status = 200, description = "The counts.", body = OutputFacets), SearchProblems),
)]
pub(super) async fn facets(
    State(state): State<AppState>,
    ApiQuery(FacetsQuery { q }): ApiQuery<FacetsQuery>,
) -> Result<Json<OutputFacets>, ApiProblem> {
    let query = GalleryQuery { text: q, ..GalleryQuery::default() };
    let (facets, total) = state.gallery().facets(&query).await?;
    Ok(Json(OutputFacets::of(facets, total)))
}

/// Look at an output
#[utoipa::path(
    get,
    path = "/outputs/{output}",
    operation_id = "getGalleryOutput",
    tag = "Outputs",
    params(("output" = String, Path, description = "The output's id.", pattern = "^[0-9]{1,18}$")),
    responses((status = 200, description = "The output, also one in the trash.", body = GalleryOutput), ReadProblems),
)]
pub(super) async fn get(State(state): State<AppState>, GalleryPath(id): GalleryPath) -> Result<Json<GalleryOutput>, ApiProblem> {
    Ok(Json(GalleryOutput::of(state.gallery().item(id).await?, state.urls())))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    /// A small picture, as WebP: the pixels of its longest side.
    #[param(inline)]
    thumb: Option<ThumbSide>,
    /// To be saved under its own name, not shown.
    #[serde(default)]
    #[param(default = false)]
    download: bool,
    /// `strip`: without what is written in it about how it was made (prompts, workflows, Exif, XMP, IPTC, comments); the pixels are the same. Of PNG, JPEG, WebP,
    /// GIF, MP4, MOV, WebM, FLAC, MP3 and Ogg.
    #[serde(default)]
    #[param(inline)]
    metadata: MetadataChoice,
}

/// Fetch the file of an output
///
/// As for the outputs of a task: it never changes, has a strong `ETag`, and parts of it can be requested.
#[utoipa::path(
    get,
    path = "/outputs/{output}/file",
    operation_id = "getGalleryFile",
    tag = "Outputs",
    params(("output" = String, Path, description = "The output's id.", pattern = "^[0-9]{1,18}$"), FileQuery),
    responses(
        (status = 200, description = "The file.", content(
            (Bytes = "image/png"), (Bytes = "image/jpeg"), (Bytes = "image/webp"), (Bytes = "image/gif"), (Bytes = "image/avif"), (Bytes = "video/mp4"), (Bytes = "video/webm"),
            (Bytes = "audio/flac"), (Bytes = "audio/mpeg"), (Bytes = "audio/ogg"), (Bytes = "application/octet-stream"),
        )),
        (status = 206, description = "The range of it that was asked for.", content(
            (Bytes = "image/png"), (Bytes = "image/jpeg"), (Bytes = "image/webp"), (Bytes = "image/gif"), (Bytes = "image/avif"), (Bytes = "video/mp4"), (Bytes = "video/webm"),
            (Bytes = "audio/flac"), (Bytes = "audio/mpeg"), (Bytes = "audio/ogg"), (Bytes = "application/octet-stream"),
        )),
        (status = 304, description = "It is what `If-None-Match` names."),
        FileProblems,
    ),
)]
pub(super) async fn file(
    State(state): State<AppState>,
    GalleryPath(id): GalleryPath,
    ApiQuery(FileQuery { thumb, download, metadata }): ApiQuery<FileQuery>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let request = OutputRequest { thumb: thumb.map(ThumbSide::pixels), download, is_head: method == Method::HEAD, headers };
    Ok(media::gallery_file(&state, &state.gallery().item(id).await?, request, metadata).await?)
}

/// Change outputs
///
/// Stars, ratings, tags, albums and the trash, of single outputs or of all results of a search. All is on disk when this answers; one request undoes all of it.
#[utoipa::path(
    post,
    path = "/outputs/actions",
    operation_id = "changeOutputs",
    tag = "Outputs",
    request_body = OutputAction,
    responses((status = 200, description = "It is done.", body = OutputActionResult), ActionProblems),
)]
pub(super) async fn act(State(state): State<AppState>, body: JsonBytes) -> Result<Json<OutputActionResult>, ApiProblem> {
    let (selection, change) = body.read::<OutputAction>()?.parts()?;
    Ok(Json(state.gallery().change(selection, change).await?.into()))
}

/// Undo a change of outputs
///
/// What was changed again since stays as it is. The newest changes are remembered, also over restarts.
#[utoipa::path(
    post,
    path = "/outputs/actions/{action}/undo",
    operation_id = "undoOutputsChange",
    tag = "Outputs",
    params(("action" = u64, Path, description = "`actionId` of the change.")),
    responses((status = 200, description = "Everything that it changed is as it was.", body = OutputActionResult), UndoProblems),
)]
pub(super) async fn undo(State(state): State<AppState>, ActionPath(action): ActionPath) -> Result<Json<OutputActionResult>, ApiProblem> {
    Ok(Json(state.gallery().undo(action).await?.into()))
}
