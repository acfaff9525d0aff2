//! `GET /api/external-tasks`: tasks of other programs, page by page, and each.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use proto::{external::ExternalState, limits};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::report::ExternalTaskReport;
use crate::{
    AppState,
    routes::api::{
        extract::{ApiQuery, part},
        kind::ProblemKind,
        problem::ApiProblem,
        responses::problem_responses,
    },
    store::ExternalFilter,
};

/// `{id}` of a task of another program: any text.
pub(in crate::routes::api) struct ExternalPath(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for ExternalPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "id", "the id of a task").await.map(Self)
    }
}

/// Which tasks of other programs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExternalTasksQuery {
    /// Only those in this state; several between commas.
    #[param(value_type = Option<Vec<ExternalState>>, style = Form, explode = false, nullable = false, min_items = 1)]
    state: Option<String>,
    /// Only those that this source told of first, such as `celery`.
    #[param(nullable = false)]
    source: Option<String>,
    /// Only those of this worker.
    #[param(nullable = false)]
    worker: Option<String>,
    #[param(nullable = false)]
    project_id: Option<String>,
    #[param(nullable = false)]
    shot_id: Option<String>,
    #[param(nullable = false)]
    node_id: Option<String>,
    /// Only those whose worker is not seen any more, or only the others.
    #[param(nullable = false)]
    stale: Option<bool>,
    /// `nextCursor` of the page before.
    #[param(nullable = false, pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    /// Tasks in a page.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<u32>,
}

/// A page of tasks of other programs, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalTaskPage {
    tasks: Vec<ExternalTaskReport>,
    /// For the next page; `null` on the last page.
    next_cursor: Option<String>,
}

const DEFAULT_LIMIT: u32 = 20;

problem_responses!(ListExternalProblems {
    400 => "An unknown parameter, a bad value, or a bad cursor.",
    503 => "The database cannot be read.",
});

/// List tasks of other programs
///
/// In the order in which they were heard of, the newest first.
#[utoipa::path(
    get,
    path = "/external-tasks",
    operation_id = "listExternalTasks",
    tag = "External",
    params(ExternalTasksQuery),
    responses(
        (status = 200, description = "A page of tasks.", body = ExternalTaskPage),
        ListExternalProblems,
    ),
)]
pub(in crate::routes::api) async fn list(
    State(state): State<AppState>,
    ApiQuery(query): ApiQuery<ExternalTasksQuery>,
) -> Result<Json<ExternalTaskPage>, ApiProblem> {
    let bad = |what: String| ApiProblem::new(ProblemKind::BadQuery, what);
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=limits::EXTERNAL_PAGE).contains(&limit) {
        return Err(bad(format!("limit must be a number from 1 to {}.", limits::EXTERNAL_PAGE)));
    }
    let before = query.cursor.as_deref().map(cursor).transpose()?;
    let mut states = Vec::new();
    for word in query.state.iter().flat_map(|words| words.split(',')) {
        let known: Vec<&str> = <ExternalState as strum::VariantArray>::VARIANTS.iter().map(|state| state.as_str()).collect();
        let state = word.trim().parse().map_err(|_| bad(format!("state must be one or more of {}.", known.join(", "))))?;
        states.push(state);
    }
    let filter = ExternalFilter {
        states,
        source: query.source,
        worker: query.worker,
        project: query.project_id,
        shot: query.shot_id,
        node: query.node_id,
        stale: query.stale,
    };
    // One more shows whether there is another page.
    let mut found = state.external().tasks(filter, before, limit + 1).await?;
    let is_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_cursor = found.last().filter(|_| is_more).map(|last| last.number.to_string());
    Ok(Json(ExternalTaskPage { tasks: found.into_iter().map(|found| found.task.into()).collect(), next_cursor }))
}

fn cursor(text: &str) -> Result<u64, ApiProblem> {
    let number = text.parse().ok().filter(|number: &u64| *number > 0 && number.to_string() == text && i64::try_from(*number).is_ok());
    number.ok_or_else(|| ApiProblem::new(ProblemKind::BadCursor, "This is no cursor of this list. Begin again without one."))
}

problem_responses!(ReadExternalProblems {
    400 => "Not an id.",
    404 => "There is no such task, or none any more.",
    503 => "The database cannot be read.",
});

/// Look at a task of another program
#[utoipa::path(
    get,
    path = "/external-tasks/{id}",
    operation_id = "getExternalTask",
    tag = "External",
    params(("id" = String, Path, description = "Its id at the other program.")),
    responses(
        (status = 200, description = "As far as it is known.", body = ExternalTaskReport),
        ReadExternalProblems,
    ),
)]
pub(in crate::routes::api) async fn get(
    State(state): State<AppState>,
    ExternalPath(id): ExternalPath,
) -> Result<Json<ExternalTaskReport>, ApiProblem> {
    let task = state.external().task(&id).await?;
    let unknown = || ApiProblem::new(ProblemKind::UnknownExternalTask, format!("There is no task of another program with the id {id:?}."));
    task.map(|task| Json(task.into())).ok_or_else(unknown)
}
