//! Where the story of a project is.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{Json, extract::State, http::HeaderMap, response::Response};
use proto::production::{NarrativeProgress, SceneCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    errors::{ChangeProblems, ReadProblems},
    paths::ProjectPath,
    shapes::NarrativePatch,
    version::{IfMatchHeader, version_of, versioned},
};
use crate::{
    AppState,
    routes::api::{extract::JsonBytes, problem::ApiProblem},
    store::ReachedBeat,
};

/// Where the story is
#[utoipa::path(
    get,
    path = "/projects/{project}/narrative",
    operation_id = "getNarrative",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id.")),
    responses((status = 200, description = "As it is now.", body = NarrativeProgress), ReadProblems),
)]
pub(in crate::routes::api) async fn get(State(state): State<AppState>, ProjectPath(project): ProjectPath) -> Result<Response, ApiProblem> {
    let progress = state.productions().narrative(project).await?;
    Ok(versioned(progress.version, progress))
}

/// Say where the story is
///
/// Only what is named changes.
#[utoipa::path(
    patch,
    path = "/projects/{project}/narrative",
    operation_id = "changeNarrative",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), IfMatchHeader),
    request_body = NarrativePatch,
    responses((status = 200, description = "As it is now.", body = NarrativeProgress), ChangeProblems),
)]
pub(in crate::routes::api) async fn change(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<Response, ApiProblem> {
    let mut patch: Map<String, Value> = body.read()?;
    let version = version_of(&headers, &mut patch)?;
    let progress = state.productions().move_narrative(project, version, patch).await?;
    Ok(versioned(progress.version, progress))
}

/// A beat that is reached, as `narrative.beat` of STORY-009.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeatReached {
    beat_name: String,
    /// The code of a scene: `S001`.
    #[serde(default)]
    scene_id: Option<SceneCode>,
    /// `null`: those of the project's beat of this name.
    #[serde(default)]
    keywords: Option<Vec<String>>,
}

/// Reach a beat
///
/// It is the current one, and one of the completed ones. Once more, it changes nothing.
#[utoipa::path(
    post,
    path = "/projects/{project}/narrative/beats",
    operation_id = "reachBeat",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id.")),
    request_body = BeatReached,
    responses((status = 200, description = "Where the story is now.", body = NarrativeProgress), ChangeProblems),
)]
pub(in crate::routes::api) async fn reach(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    body: JsonBytes,
) -> Result<Json<NarrativeProgress>, ApiProblem> {
    let BeatReached { beat_name, scene_id, keywords } = body.read()?;
    Ok(Json(state.productions().reach_beat(project, ReachedBeat { beat_name, scene_id, keywords }).await?))
}
