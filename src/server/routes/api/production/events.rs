//! What happened in a project.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{Json, extract::State};
use proto::production::ProductionRecord;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{errors::ReadProblems, paths::ProjectPath, shapes::page_limit};
use crate::{
    AppState,
    routes::api::{extract::ApiQuery, problem::ApiProblem},
    store::NewsFilter,
};

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProjectEventsQuery {
    /// `next` of the page before. From 0 on where it is not given.
    #[serde(default)]
    #[param(default = 0)]
    after: u64,
    /// Only those about one object: `node/ID`, `take/ID`, `shot/ID`, `agent/TYPE` …
    #[param(nullable = false)]
    subject: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100, nullable = false)]
    limit: Option<u32>,
}

/// A page of events.
#[derive(Serialize, ToSchema)]
pub struct ProjectEvents {
    /// The oldest first. Each has `number`, `timestamp`, `project_id`, `type`, and what its type has: see docs/production.md.
    #[schema(value_type = Vec<Object>)]
    events: Vec<ProductionRecord>,
    /// `after` of the next page.
    next: u64,
    /// The next page has events already.
    has_more: bool,
    /// No event since `after` is missing. `false`: older ones were removed; read everything anew.
    is_complete: bool,
}

/// What happened in a project
///
/// Numbered events in the order in which they were stored. At least the newest 100,000 are kept, and those of the last day.
#[utoipa::path(
    get,
    path = "/projects/{project}/events",
    operation_id = "listProjectEvents",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ProjectEventsQuery),
    responses((status = 200, description = "A page of events.", body = ProjectEvents), ReadProblems),
)]
pub(in crate::routes::api) async fn list(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    ApiQuery(ProjectEventsQuery { after, subject, limit }): ApiQuery<ProjectEventsQuery>,
) -> Result<Json<ProjectEvents>, ApiProblem> {
    let filter = NewsFilter { project: Some(project), subject };
    let page = state.productions().events(filter, after, page_limit(limit)?).await?;
    Ok(Json(ProjectEvents { events: page.records, next: page.next, has_more: page.has_more, is_complete: page.is_complete }))
}
