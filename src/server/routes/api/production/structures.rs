//! `/api/structures`, and the structure of a project.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use proto::production::{NarrativeStructure, Project, StructureStep};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    errors::{ChangeProblems, ListProblems, NewProblems, OrderProblems},
    paths::ProjectPath,
    shapes::ItemList,
    version::{IfMatchHeader, version_in_header, versioned},
};
use crate::{
    AppState,
    routes::api::{extract::JsonBytes, kind::ProblemKind, problem::ApiProblem},
};

/// List narrative structures
///
/// Darkroom's own, and those that people added.
#[utoipa::path(
    get,
    path = "/structures",
    operation_id = "listStructures",
    tag = "Productions",
    responses((status = 200, description = "All of them.", body = ItemList<NarrativeStructure>), ListProblems),
)]
pub(in crate::routes::api) async fn list(State(state): State<AppState>) -> Result<Json<ItemList<NarrativeStructure>>, ApiProblem> {
    Ok(Json(ItemList { items: state.productions().structures().await?, next: None }))
}

/// A structure to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStructure {
    /// 1 to 60 small letters, digits and `-`.
    #[schema(example = "kishotenketsu", pattern = "^[a-z0-9][a-z0-9-]{0,59}$")]
    id: String,
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// In order.
    #[schema(min_items = 1, max_items = 60)]
    steps: Vec<StructureStep>,
}

/// Add a narrative structure
///
/// The same once more changes nothing.
#[utoipa::path(
    post,
    path = "/structures",
    operation_id = "createStructure",
    tag = "Productions",
    request_body = NewStructure,
    responses((status = 201, description = "It is there.", body = NarrativeStructure), NewProblems),
)]
pub(in crate::routes::api) async fn create(
    State(state): State<AppState>,
    body: JsonBytes,
) -> Result<(StatusCode, Json<NarrativeStructure>), ApiProblem> {
    let NewStructure { id, title, steps } = body.read()?;
    let structure = state.productions().add_structure(NarrativeStructure { id, title, steps, builtin: false }).await?;
    Ok((StatusCode::CREATED, Json(structure)))
}

/// Remove a narrative structure
///
/// One that people added, and that no project has.
#[utoipa::path(
    delete,
    path = "/structures/{structure}",
    operation_id = "removeStructure",
    tag = "Productions",
    params(("structure" = String, Path, description = "Its id.")),
    responses((status = 204, description = "It is removed."), OrderProblems),
)]
pub(in crate::routes::api) async fn remove(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiProblem> {
    let Path(id) = id.map_err(|_| ApiProblem::new(ProblemKind::BadPath, "The id of a structure is text in UTF-8."))?;
    state.productions().remove_structure(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The structure that a project is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StructureChoice {
    #[schema(example = "story-circle")]
    structure: String,
    /// The version of the project that was read. `null`: any.
    #[serde(default)]
    version: Option<u32>,
}

/// Give a project another structure
///
/// Its beats and chapters go to the steps at their places. Nothing is removed, and a switch back restores what they had.
#[utoipa::path(
    put,
    path = "/projects/{project}/structure",
    operation_id = "switchStructure",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), IfMatchHeader),
    request_body = StructureChoice,
    responses((status = 200, description = "The project as it is now.", body = Project), ChangeProblems),
)]
pub(in crate::routes::api) async fn switch(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<Response, ApiProblem> {
    let StructureChoice { structure, version } = body.read()?;
    let version = version_in_header(&headers)?.or(version);
    let project = state.productions().switch_structure(project, version, structure).await?;
    Ok(versioned(project.stamp.version, project))
}
