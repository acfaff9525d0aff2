//! `/api/projects`.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::production::{Project, ProjectId};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::{
    errors::{ChangeProblems, ListProblems, NewProblems, OrderProblems, ReadProblems},
    paths::ProjectPath,
    shapes::{ItemList, NewProject, ProjectPatch, page_cursor, page_limit},
    version::{IfMatchHeader, version_in_header, version_of, versioned},
};
use crate::{
    AppState,
    routes::api::{
        extract::{ApiQuery, JsonBytes, shaped},
        problem::ApiProblem,
    },
    store::ProjectChange,
};

/// Which projects.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProjectsQuery {
    /// Only those that are put away, or only those that are not.
    #[param(nullable = false)]
    archived: Option<bool>,
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

/// List projects
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/projects",
    operation_id = "listProjects",
    tag = "Productions",
    params(ProjectsQuery),
    responses((status = 200, description = "A part of them.", body = ItemList<Project>), ListProblems),
)]
pub(in crate::routes::api) async fn list(
    State(state): State<AppState>,
    ApiQuery(ProjectsQuery { archived, trashed, after, limit }): ApiQuery<ProjectsQuery>,
) -> Result<Json<ItemList<Project>>, ApiProblem> {
    let before: Option<ProjectId> = page_cursor(after.as_deref())?;
    let (items, next) = state.productions().projects(archived, trashed, before, page_limit(limit)?).await?;
    Ok(Json(ItemList { items, next: next.map(|next| next.to_string()) }))
}

/// Make a project
///
/// Only its title is needed. It has the narrative structure `three-act` until it is given another.
#[utoipa::path(
    post,
    path = "/projects",
    operation_id = "createProject",
    tag = "Productions",
    request_body = NewProject,
    responses(
        (status = 201, description = "It is there.", body = Project, headers(("Location" = String, description = "The project."))),
        NewProblems,
    ),
)]
pub(in crate::routes::api) async fn create(State(state): State<AppState>, body: JsonBytes) -> Result<Response, ApiProblem> {
    let project = state.productions().add_project(body.read()?).await?;
    let fields = [(header::LOCATION, format!("/api/projects/{}", project.id)), (header::ETAG, format!("\"{}\"", project.stamp.version))];
    Ok((StatusCode::CREATED, fields, Json(project)).into_response())
}

/// Look at a project
///
/// Also in the trash.
#[utoipa::path(
    get,
    path = "/projects/{project}",
    operation_id = "getProject",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id.")),
    responses((status = 200, description = "As it is now.", body = Project), ReadProblems),
)]
pub(in crate::routes::api) async fn get(State(state): State<AppState>, ProjectPath(id): ProjectPath) -> Result<Response, ApiProblem> {
    let project = state.productions().project(id).await?;
    Ok(versioned(project.stamp.version, project))
}

/// Change a project
///
/// Only what is named changes (JSON Merge Patch). `archived` puts it away, or takes it up again.
#[utoipa::path(
    patch,
    path = "/projects/{project}",
    operation_id = "changeProject",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), IfMatchHeader),
    request_body = ProjectPatch,
    responses((status = 200, description = "As it is now.", body = Project), ChangeProblems),
)]
pub(in crate::routes::api) async fn change(
    State(state): State<AppState>,
    ProjectPath(id): ProjectPath,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<Response, ApiProblem> {
    let mut fields: Map<String, Value> = body.read()?;
    let version = version_of(&headers, &mut fields)?;
    let archived = fields.shift_remove("archived").map(|archived| shaped(archived, "/archived")).transpose()?;
    let project = state.productions().change_project(id, ProjectChange { version, fields, archived }).await?;
    Ok(versioned(project.stamp.version, project))
}

/// Throw a project away
///
/// With everything in it. It can be restored for 30 days. Its outputs stay in the gallery.
#[utoipa::path(
    delete,
    path = "/projects/{project}",
    operation_id = "removeProject",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), IfMatchHeader),
    responses((status = 200, description = "It is in the trash.", body = Project), OrderProblems),
)]
pub(in crate::routes::api) async fn remove(
    State(state): State<AppState>,
    ProjectPath(id): ProjectPath,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let project = state.productions().trash_project(id, version_in_header(&headers)?, true).await?;
    Ok(versioned(project.stamp.version, project))
}

/// Restore a project
///
/// From the trash, with everything in it.
#[utoipa::path(
    post,
    path = "/projects/{project}/restore",
    operation_id = "restoreProject",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id.")),
    responses((status = 200, description = "As it is now.", body = Project), OrderProblems),
)]
pub(in crate::routes::api) async fn restore(State(state): State<AppState>, ProjectPath(id): ProjectPath) -> Result<Response, ApiProblem> {
    let project = state.productions().trash_project(id, None, false).await?;
    Ok(versioned(project.stamp.version, project))
}
