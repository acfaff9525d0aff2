//! `POST /api/external-tasks/{id}/revoke`: a task of Celery is not to run.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{Json, body::Bytes, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tasks::ExternalPath;
use crate::{
    AppState,
    external::ExternalRequestError,
    routes::api::{extract::shaped_bytes, kind::ProblemKind, problem::ApiProblem, responses::problem_responses},
};

/// How a task is revoked.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The process that runs it is ended, too. Without it a running task goes on.
    #[serde(default)]
    #[schema(default = false)]
    terminate: bool,
}

/// Who heard of the revocation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevocationReport {
    /// How many programs listen to commands of Celery there: workers, and monitors, too. 0: no worker is there.
    heard_by: u64,
}

problem_responses!(RevokeProblems {
    400 => "Not an id, or the body is not JSON.",
    404 => "There is no such task, or none any more.",
    409 => "The task has ended, or it is not one of Celery.",
    422 => "The body has a mistake.",
    503 => "Redis is not configured or not connected, or the database cannot be read.",
});

/// Revoke a task of Celery
///
/// Tells all workers that it is not to run. What becomes of it is told by Celery a moment later.
#[utoipa::path(
    post,
    path = "/external-tasks/{id}/revoke",
    operation_id = "revokeExternalTask",
    tag = "External",
    params(("id" = String, Path, description = "Its id at Celery.")),
    request_body(content = Option<Revocation>, content_type = "application/json"),
    responses(
        (status = 200, description = "The workers were told.", body = RevocationReport),
        RevokeProblems,
    ),
)]
pub(in crate::routes::api) async fn revoke(
    State(state): State<AppState>,
    ExternalPath(id): ExternalPath,
    body: Bytes,
) -> Result<Json<RevocationReport>, ApiProblem> {
    let Revocation { terminate } = if body.is_empty() { Revocation::default() } else { shaped_bytes(&body)? };
    let heard_by = state.external().revoke(&id, terminate).await?;
    Ok(Json(RevocationReport { heard_by }))
}

impl From<ExternalRequestError> for ApiProblem {
    fn from(error: ExternalRequestError) -> Self {
        let kind = match error {
            ExternalRequestError::Unknown(_) => ProblemKind::UnknownExternalTask,
            ExternalRequestError::Ended(_) | ExternalRequestError::NotCelery(_) => ProblemKind::WrongState,
            ExternalRequestError::NotConfigured | ExternalRequestError::NotConnected(_) => ProblemKind::Unavailable,
            ExternalRequestError::Store(error) => return error.into(),
        };
        Self::new(kind, error.to_string())
    }
}
