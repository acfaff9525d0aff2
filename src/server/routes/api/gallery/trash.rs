//! Outputs in the trash are removed for good.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{Json, extract::State, http::StatusCode};

use super::shapes::RemovedOutputs;
use crate::{
    AppState,
    routes::api::{extract::GalleryPath, problem::ApiProblem, responses::problem_responses},
};

problem_responses!(RemoveProblems {
    400 => "Not an id.",
    404 => "There is no such output.",
    409 => "It is not in the trash.",
    503 => "The database cannot be written.",
});

problem_responses!(EmptyProblems {
    503 => "The database cannot be written. The same again removes the rest.",
});

/// Remove an output for good
///
/// Only one that is in the trash (`POST /api/outputs/actions` moves it there). Its file is removed too, unless another output or a task has the same bytes. This cannot be
/// undone.
#[utoipa::path(
    delete,
    path = "/outputs/{output}",
    operation_id = "removeOutput",
    tag = "Outputs",
    params(("output" = String, Path, description = "The output's id.", pattern = "^[0-9]{1,18}$")),
    responses((status = 204, description = "It is gone."), RemoveProblems),
)]
pub(crate) async fn remove(State(state): State<AppState>, GalleryPath(id): GalleryPath) -> Result<StatusCode, ApiProblem> {
    state.gallery().remove(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Empty the trash
///
/// Removes all outputs in the trash for good, with their files. This cannot be undone.
#[utoipa::path(
    delete,
    path = "/outputs/trash",
    operation_id = "emptyTrash",
    tag = "Outputs",
    responses((status = 200, description = "How many outputs there were.", body = RemovedOutputs), EmptyProblems),
)]
pub(crate) async fn empty_trash(State(state): State<AppState>) -> Result<Json<RemovedOutputs>, ApiProblem> {
    Ok(Json(RemovedOutputs { removed: state.gallery().empty_trash().await? }))
}
