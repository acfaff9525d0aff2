//! One job: how it is, what ran, and its cancellation.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{asker::Asker, base::Base, error::V2Error, paths::job_id, responses::NoJob};
use crate::{AppState, comfy_v2::JobReport, command_error::CommandError};

/// Look at a job
///
/// A job is a task: its id is that of the task.
#[utoipa::path(
    get,
    path = "/api/v2/jobs/{id}",
    operation_id = "getJob",
    tag = "Comfy API v2",
    params(("id" = Uuid, Path, description = "The job's id.")),
    responses((status = 200, description = "The job.", body = JobReport), NoJob),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    Asker(asker): Asker,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<JobReport>, V2Error> {
    let job = state.jobs().get(job_id(&id)?, &asker, &base).await?;
    job.map(Json).ok_or_else(V2Error::no_job)
}

// For the API document only.
/// What ran.
#[derive(ToSchema)]
#[schema(as = V2JobWorkflow)]
#[allow(dead_code, reason = "it is a schema")]
pub struct JobWorkflow {
    /// Nodes by their ids.
    #[schema(value_type = Object)]
    workflow: Value,
    /// Always the API format.
    #[schema(example = "api")]
    format: String,
}

/// The workflow of a job
///
/// As ComfyUI got it, without extra data.
#[utoipa::path(
    get,
    path = "/api/v2/jobs/{id}/workflow",
    operation_id = "getJobWorkflow",
    tag = "Comfy API v2",
    params(("id" = Uuid, Path, description = "The job's id.")),
    responses((status = 200, description = "The workflow.", body = JobWorkflow), NoJob),
)]
pub(super) async fn workflow(State(state): State<AppState>, Asker(asker): Asker, Path(id): Path<String>) -> Result<Json<Value>, V2Error> {
    let workflow = state.jobs().workflow(job_id(&id)?, &asker).await?.ok_or_else(V2Error::no_job)?;
    Ok(Json(json!({"workflow": &*workflow, "format": "api"})))
}

/// Cancel a job
///
/// One that is over stays as it is.
#[utoipa::path(
    post,
    path = "/api/v2/jobs/{id}/cancel",
    operation_id = "cancelJob",
    tag = "Comfy API v2",
    params(("id" = Uuid, Path, description = "The job's id.")),
    responses((status = 200, description = "The job as it is now.", body = JobReport), NoJob),
)]
pub(super) async fn cancel(
    State(state): State<AppState>,
    Asker(asker): Asker,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<JobReport>, V2Error> {
    let id = job_id(&id)?;
    if !state.jobs().has(id, &asker).await? {
        return Err(V2Error::no_job());
    }
    match state.commands().cancel(id).await {
        Ok(()) => {}
        Err(CommandError::Store(error)) => return Err(error.into()),
        Err(_) => return Err(V2Error::no_job()),
    }
    let job = state.jobs().get(id, &asker, &base).await?;
    job.map(Json).ok_or_else(V2Error::no_job)
}
