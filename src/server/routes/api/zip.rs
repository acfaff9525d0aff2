//! Outputs in one zip file, for programs and for the form of a page.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

mod archive;
mod content;
mod selected;
mod sidecar;

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::gallery::{DEFAULT_FILE_NAMES, FileNamePattern, GalleryId, GalleryQuery, GallerySelection};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use self::{
    archive::Archive,
    content::{ZipSidecar, nothing},
};
use super::{
    extract::{ApiQuery, JsonBytes},
    gallery::shapes::OutputSelection,
    kind::ProblemKind,
    outputs::Bytes,
    problem::ApiProblem,
    responses::problem_responses,
};
use crate::{AppState, routes::media::MetadataChoice};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ZipQuery {
    /// A search, as for `GET /api/outputs`.
    #[serde(default)]
    #[param(default = "", example = "star:yes date:2026-11")]
    q: String,
    /// How files are called, without their ending: texts, values in braces, and `/` between folders. Values: `{date}`, `{time}`, `{year}`, `{month}`, `{day}` (in
    /// UTC), `{prompt}` (its beginning), `{seed}`, `{model}`, `{workflow}`, `{id}`, `{name}` (of the file) and `{number}` (`00001`, …).
    #[param(default = "{date}/{name}", max_length = 200, nullable = false)]
    names: Option<String>,
    #[serde(default)]
    #[param(inline)]
    sidecar: ZipSidecar,
    /// `strip`: without what is written in the files about how they were made.
    #[serde(default)]
    #[param(inline)]
    metadata: MetadataChoice,
}

/// Which outputs are to be in a zip file, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZipRequest {
    select: OutputSelection,
    /// As the parameter `names` of `GET /api/outputs/zip`.
    #[serde(default = "default_names")]
    #[schema(max_length = 200, example = "{year}/{month}/{prompt}")]
    names: String,
    #[serde(default)]
    #[schema(inline)]
    sidecar: ZipSidecar,
    #[serde(default)]
    #[schema(inline)]
    metadata: MetadataChoice,
}

fn default_names() -> String {
    DEFAULT_FILE_NAMES.to_owned()
}

problem_responses!(ZipQueryProblems {
    400 => "An unknown parameter, or a bad value.",
    404 => "The search has no results.",
    422 => "A term of the search means nothing, or `names` has a value that is not known: `detail` says what to write instead.",
    503 => "The database cannot be read.",
});

problem_responses!(ZipRequestProblems {
    400 => "Not JSON.",
    404 => "There is nothing to be downloaded.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, a term of the search that means nothing, or a value in `names` that is not known.",
    503 => "The database cannot be read.",
});

/// Download a search as a zip file
///
/// All results up to the newest at this moment, the newest first, sent as they are read. What cannot be in it is named in its `MISSING.txt`. If the
/// media store fails in the middle, the response is broken off: what ends well is whole.
#[utoipa::path(
    get,
    path = "/outputs/zip",
    operation_id = "downloadResults",
    tag = "Outputs",
    params(ZipQuery),
    responses((status = 200, description = "The zip file.", content((Bytes = "application/zip"))), ZipQueryProblems),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    ApiQuery(ZipQuery { q, names, sidecar, metadata }): ApiQuery<ZipQuery>,
) -> Result<Response, ApiProblem> {
    let names = pattern(names.as_deref().unwrap_or(DEFAULT_FILE_NAMES), ProblemPlace::Query)?;
    let selection = results(&state, q, None, Vec::new()).await?;
    Archive { names, sidecar, metadata }.respond(&state, selection).await
}

/// Download outputs as a zip file
///
/// As `GET /api/outputs/zip`, of single outputs or of a search without some of its results.
#[utoipa::path(
    post,
    path = "/outputs/zip",
    operation_id = "downloadOutputs",
    tag = "Outputs",
    request_body = ZipRequest,
    responses((status = 200, description = "The zip file.", content((Bytes = "application/zip"))), ZipRequestProblems),
)]
pub(super) async fn post(State(state): State<AppState>, body: JsonBytes) -> Result<Response, ApiProblem> {
    let ZipRequest { select, names, sidecar, metadata } = body.read()?;
    let names = pattern(&names, ProblemPlace::Body)?;
    Archive { names, sidecar, metadata }.respond(&state, select.read()?).await
}

/// The form of a page. Texts that are not filled in are empty.
#[derive(Deserialize)]
pub(in crate::routes) struct ZipForm {
    /// Of outputs, separated by commas. Without any: all results of `q`.
    #[serde(default)]
    ids: String,
    #[serde(default)]
    q: String,
    /// The newest output that was seen. Empty: the newest at this moment.
    #[serde(default)]
    upto: String,
    /// Results that are left out, separated by commas.
    #[serde(default)]
    except: String,
    #[serde(default)]
    names: String,
    #[serde(default)]
    sidecar: ZipSidecar,
    #[serde(default)]
    metadata: MetadataChoice,
}

/// `POST /gallery/zip`: what a form sends, so that the browser saves the answer. Problems are lines of text.
pub(in crate::routes) async fn form(State(state): State<AppState>, form: Result<Form<ZipForm>, FormRejection>) -> Response {
    let answered = match form {
        Ok(Form(form)) => of_form(&state, form).await,
        Err(rejection) => return text(rejection.status(), &rejection.body_text()),
    };
    answered.unwrap_or_else(|problem| text(problem.kind.status(), &problem.detail))
}

fn text(status: StatusCode, text: &str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], format!("{text}\n")).into_response()
}

async fn of_form(state: &AppState, form: ZipForm) -> Result<Response, ApiProblem> {
    let names = Some(form.names.as_str()).filter(|names| !names.trim().is_empty());
    let names = pattern(names.unwrap_or(DEFAULT_FILE_NAMES), ProblemPlace::Body)?;
    let ids = ids(&form.ids)?;
    let selection = if ids.is_empty() {
        let upto = Some(form.upto.trim()).filter(|upto| !upto.is_empty()).map(id).transpose()?;
        results(state, form.q, upto, self::ids(&form.except)?).await?
    } else {
        GallerySelection::Ids(ids)
    };
    Archive { names, sidecar: form.sidecar, metadata: form.metadata }.respond(state, selection).await
}

fn ids(text: &str) -> Result<Vec<GalleryId>, ApiProblem> {
    text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(id).collect()
}

fn id(text: &str) -> Result<GalleryId, ApiProblem> {
    text.parse()
        .map_err(|_| ApiProblem::new(ProblemKind::InvalidRequest, format!("{text:?} is not an output's id, which is a decimal number.")))
}

/// The results of a search up to one; `None`: up to the newest.
async fn results(state: &AppState, text: String, upto: Option<GalleryId>, except: Vec<GalleryId>) -> Result<GallerySelection, ApiProblem> {
    let query = GalleryQuery { text, ..GalleryQuery::default() };
    let upto = match upto {
        Some(upto) => upto,
        None => state.gallery().newest(&query).await?.ok_or_else(nothing)?,
    };
    Ok(GallerySelection::Results { query, upto, except })
}

/// Where the names of files were written.
enum ProblemPlace {
    Query,
    Body,
}

fn pattern(text: &str, place: ProblemPlace) -> Result<FileNamePattern, ApiProblem> {
    FileNamePattern::parse(text).map_err(|error| match place {
        ProblemPlace::Query => ApiProblem::new(ProblemKind::InvalidRequest, error.to_string()),
        ProblemPlace::Body => ApiProblem::at("/names", error.to_string()),
    })
}
