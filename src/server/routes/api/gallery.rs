//! `/api/outputs`: the gallery for programs.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

mod shapes;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Method},
    response::Response,
};
use proto::{
    gallery::{GalleryId, GalleryOrder, GalleryQuery},
    limits,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use self::shapes::{GalleryOutput, GalleryPage, OutputAction, OutputActionResult, OutputFacets};
use super::{
    extract::{ActionPath, ApiQuery, GalleryPath, JsonBytes},
    kind::ProblemKind,
    outputs::{Bytes, ThumbSide},
    problem::ApiProblem,
    responses::problem_responses,
};
use crate::{
    AppState,
    gallery::GalleryError,
    report::Urls,
    routes::media::{self, OutputRequest},
    store::GalleryRange,
};

impl From<GalleryError> for ApiProblem {
    fn from(error: GalleryError) -> Self {
        match error {
            GalleryError::Unknown => Self::new(ProblemKind::UnknownOutput, error.to_string()),
            GalleryError::UnknownAction => Self::new(ProblemKind::UnknownAction, error.to_string()),
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
    #[param(value_type = Option<String>, nullable = false)]
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
    Ok(Json(GalleryPage { outputs: items.into_iter().map(|item| GalleryOutput::of(item, &Urls::default())).collect(), total, next }))
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
    params(("output" = String, Path, description = "The output's id.")),
    responses((status = 200, description = "The output, also one in the trash.", body = GalleryOutput), ReadProblems),
)]
pub(super) async fn get(State(state): State<AppState>, GalleryPath(id): GalleryPath) -> Result<Json<GalleryOutput>, ApiProblem> {
    Ok(Json(GalleryOutput::of(state.gallery().item(id).await?, &Urls::default())))
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
}

/// Fetch the file of an output
///
/// As for the outputs of a task: it never changes, has a strong `ETag`, and parts of it can be requested.
#[utoipa::path(
    get,
    path = "/outputs/{output}/file",
    operation_id = "getGalleryFile",
    tag = "Outputs",
    params(("output" = String, Path, description = "The output's id."), FileQuery),
    responses(
        (status = 200, description = "The file.", content(
            (Bytes = "image/png"), (Bytes = "image/jpeg"), (Bytes = "image/webp"), (Bytes = "image/gif"), (Bytes = "video/mp4"), (Bytes = "video/webm"),
            (Bytes = "audio/flac"), (Bytes = "audio/mpeg"), (Bytes = "audio/ogg"), (Bytes = "application/octet-stream"),
        )),
        (status = 206, description = "The range of it that was asked for.", content(
            (Bytes = "image/png"), (Bytes = "image/jpeg"), (Bytes = "image/webp"), (Bytes = "image/gif"), (Bytes = "video/mp4"), (Bytes = "video/webm"),
            (Bytes = "audio/flac"), (Bytes = "audio/mpeg"), (Bytes = "audio/ogg"), (Bytes = "application/octet-stream"),
        )),
        (status = 304, description = "It is what `If-None-Match` names."),
        FileProblems,
    ),
)]
pub(super) async fn file(
    State(state): State<AppState>,
    GalleryPath(id): GalleryPath,
    ApiQuery(FileQuery { thumb, download }): ApiQuery<FileQuery>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let request = OutputRequest { thumb: thumb.map(ThumbSide::pixels), download, is_head: method == Method::HEAD, headers };
    Ok(media::gallery_file(&state, &state.gallery().item(id).await?, request).await?)
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
