//! One job: how it is, what ran, and its cancellation.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{base::Base, error::V2Error, paths::job_id};
use crate::{AppState, comfy_v2::JobReport, command_error::CommandError};

/// `GET /api/v2/jobs/{id}`
pub(super) async fn get(State(state): State<AppState>, Base(base): Base, Path(id): Path<String>) -> Result<Json<JobReport>, V2Error> {
    let job = state.jobs().get(job_id(&id)?, &base).await?;
    job.map(Json).ok_or_else(V2Error::no_job)
}

/// `GET /api/v2/jobs/{id}/workflow`: what ComfyUI got, without extra data.
pub(super) async fn workflow(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Value>, V2Error> {
    let workflow = state.jobs().workflow(job_id(&id)?).await?.ok_or_else(V2Error::no_job)?;
    Ok(Json(json!({"workflow": &*workflow, "format": "api"})))
}

/// `POST /api/v2/jobs/{id}/cancel`. A job that is over stays as it is.
pub(super) async fn cancel(State(state): State<AppState>, Base(base): Base, Path(id): Path<String>) -> Result<Json<JobReport>, V2Error> {
    let id = job_id(&id)?;
    match state.commands().cancel(id).await {
        Ok(()) => {}
        Err(CommandError::Store(error)) => return Err(error.into()),
        Err(_) => return Err(V2Error::no_job()),
    }
    let job = state.jobs().get(id, &base).await?;
    job.map(Json).ok_or_else(V2Error::no_job)
}
