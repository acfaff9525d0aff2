//! Takes: listed, chosen, reviewed, thrown away and restored.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use proto::production::{ProductionNode, ShotId, Take, TakeId, TakeReview};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    errors::{ChangeProblems, OrderProblems, ReadProblems},
    paths::{ObjectPath, ProjectPath, TakePath},
    shapes::{ItemList, TakePatch, page_cursor, page_limit},
    version::{IfMatchHeader, version_in_header, version_of, versioned},
};
use crate::{
    AppState,
    routes::api::{
        extract::{ApiQuery, JsonBytes},
        kind::ProblemKind,
        problem::ApiProblem,
    },
    store::TakeQuery,
};

/// Which takes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TakesQuery {
    /// Of this node.
    #[param(nullable = false)]
    node_id: Option<String>,
    /// Of the nodes of this shot.
    #[param(value_type = Option<uuid::Uuid>, nullable = false)]
    shot: Option<ShotId>,
    #[param(inline, nullable = false)]
    review: Option<TakeReview>,
    /// Those in the trash instead.
    #[serde(default)]
    #[param(default = false)]
    trashed: bool,
    /// `next` of the part before.
    #[param(value_type = Option<uuid::Uuid>, nullable = false)]
    after: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100, nullable = false)]
    limit: Option<u32>,
}

/// List takes
///
/// The newest first, also those that are still made, and those that failed.
#[utoipa::path(
    get,
    path = "/projects/{project}/takes",
    operation_id = "listTakes",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), TakesQuery),
    responses((status = 200, description = "A part of them.", body = ItemList<Take>), ReadProblems),
)]
pub(in crate::routes::api) async fn list(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    ApiQuery(TakesQuery { node_id, shot, review, trashed, after, limit }): ApiQuery<TakesQuery>,
) -> Result<Json<ItemList<Take>>, ApiProblem> {
    let wrong = |error: proto::production::BadNodeId| ApiProblem::new(ProblemKind::BadQuery, format!("node_id: {error}"));
    let node = node_id.map(|node| node.parse().map_err(wrong)).transpose()?;
    let before: Option<TakeId> = page_cursor(after.as_deref())?;
    let query = TakeQuery { node, shot, review, in_trash: trashed, before, limit: page_limit(limit)? };
    let page = state.productions().takes(project, query).await?;
    Ok(Json(ItemList { items: page.takes, next: page.next.map(|next| next.to_string()) }))
}

/// Look at a take
///
/// Also in the trash.
#[utoipa::path(
    get,
    path = "/projects/{project}/takes/{take}",
    operation_id = "getTake",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("take" = Uuid, Path, description = "The take's id.")),
    responses((status = 200, description = "As it is now.", body = Take), ReadProblems),
)]
pub(in crate::routes::api) async fn get(State(state): State<AppState>, TakePath(project, id): TakePath) -> Result<Response, ApiProblem> {
    let take = state.productions().take(project, id).await?;
    Ok(versioned(take.stamp.version, take))
}

/// The workflow of a take
///
/// As it was sent, in API format. It is kept also when the task is gone.
#[utoipa::path(
    get,
    path = "/projects/{project}/takes/{take}/workflow",
    operation_id = "getTakeWorkflow",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("take" = Uuid, Path, description = "The take's id.")),
    responses((status = 200, description = "Nodes by their ids.", body = Object), ReadProblems),
)]
pub(in crate::routes::api) async fn workflow(
    State(state): State<AppState>,
    TakePath(project, id): TakePath,
) -> Result<Response, ApiProblem> {
    let workflow = state.productions().take_workflow(project, id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], workflow).into_response())
}

/// Review a take
///
/// Rating, review and note. Only what is named changes.
#[utoipa::path(
    patch,
    path = "/projects/{project}/takes/{take}",
    operation_id = "reviewTake",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("take" = Uuid, Path, description = "The take's id."), IfMatchHeader),
    request_body = TakePatch,
    responses((status = 200, description = "As it is now.", body = Take), ChangeProblems),
)]
pub(in crate::routes::api) async fn review(
    State(state): State<AppState>,
    TakePath(project, id): TakePath,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<Response, ApiProblem> {
    let mut patch: Map<String, Value> = body.read()?;
    let version = version_of(&headers, &mut patch)?;
    let take = state.productions().review_take(project, id, version, patch).await?;
    Ok(versioned(take.stamp.version, take))
}

/// Throw a take away
///
/// Its number is not used again. It can be restored for 30 days; its outputs stay in the gallery.
#[utoipa::path(
    delete,
    path = "/projects/{project}/takes/{take}",
    operation_id = "removeTake",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("take" = Uuid, Path, description = "The take's id."), IfMatchHeader),
    responses((status = 200, description = "It is in the trash.", body = Take), OrderProblems),
)]
pub(in crate::routes::api) async fn remove(
    State(state): State<AppState>,
    TakePath(project, id): TakePath,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let take = state.productions().trash_take(project, id, version_in_header(&headers)?, true).await?;
    Ok(versioned(take.stamp.version, take))
}

/// Restore a take
///
/// From the trash.
#[utoipa::path(
    post,
    path = "/projects/{project}/takes/{take}/restore",
    operation_id = "restoreTake",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("take" = Uuid, Path, description = "The take's id.")),
    responses((status = 200, description = "As it is now.", body = Take), OrderProblems),
)]
pub(in crate::routes::api) async fn restore(
    State(state): State<AppState>,
    TakePath(project, id): TakePath,
) -> Result<Response, ApiProblem> {
    let take = state.productions().trash_take(project, id, None, false).await?;
    Ok(versioned(take.stamp.version, take))
}

/// Which take is to be the current one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrentTake {
    /// The number of a finished take. `null`: nobody chooses any more, so that it is the newest.
    #[schema(minimum = 1)]
    take_number: Option<u32>,
}

/// Choose the current take
///
/// It stays the current one when others are finished, unless the node follows the latest.
#[utoipa::path(
    put,
    path = "/projects/{project}/nodes/{node}/current_take",
    operation_id = "chooseTake",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("node" = String, Path, description = "The node's id.", pattern = r"^(?!\.{1,2}$)[^/\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{1,128}$"), IfMatchHeader),
    request_body = CurrentTake,
    responses((status = 200, description = "The node as it is now.", body = ProductionNode), ChangeProblems),
)]
pub(in crate::routes::api) async fn choose(
    State(state): State<AppState>,
    path: ObjectPath<ProductionNode>,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<Response, ApiProblem> {
    let CurrentTake { take_number } = body.read()?;
    let version = version_in_header(&headers)?;
    let node = path.id.parse().map_err(|error: proto::production::BadNodeId| ApiProblem::new(ProblemKind::BadPath, error.to_string()))?;
    let node = state.productions().choose_take(path.project, node, version, take_number).await?;
    Ok(versioned(node.stamp.version, node))
}
