//! What pages ask of productions. Inner errors are why it was not done, for people.

use std::sync::Arc;

use leptos::{prelude::*, server_fn::codec::Postcard};

use super::error::CallError;
use proto::production::{
    AsJson, Board, BoardTrash, ChangedProduction, CompositePrompt, GenerateOrder, GenerateOutcome, PartSource, ProductionChange,
    ProductionNodeId, ProductionProblem, ProjectId, ProjectList, ShotId, ShotView,
};

/// All projects.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "projects", input = Postcard, output = Postcard)]
pub async fn fetch_projects() -> Result<Result<ProjectList, ProductionProblem>, CallError> {
    Ok(super::context::service()?.project_list().await)
}

/// The whole board of a project.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "board", input = Postcard, output = Postcard)]
pub async fn fetch_board(project: ProjectId) -> Result<Result<Arc<Board>, ProductionProblem>, CallError> {
    Ok(super::context::service()?.board(project).await)
}

/// What was thrown away of a project.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "board_trash", input = Postcard, output = Postcard)]
pub async fn fetch_board_trash(project: ProjectId) -> Result<Result<BoardTrash, ProductionProblem>, CallError> {
    Ok(super::context::service()?.board_trash(project).await)
}

/// The shots of a project whose current takes were made of older parts.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "stale_shots", input = Postcard, output = Postcard)]
pub async fn fetch_stale_shots(project: ProjectId) -> Result<Result<Vec<ShotId>, ProductionProblem>, CallError> {
    Ok(super::context::service()?.stale_shots(project).await)
}

/// A shot with all that its page shows.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "shot", input = Postcard, output = Postcard)]
pub async fn fetch_shot(project: ProjectId, shot: ShotId) -> Result<Result<ShotView, ProductionProblem>, CallError> {
    Ok(super::context::service()?.shot_view(project, shot).await)
}

/// The prompt of a shot as it is today, without the parts in `off`.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "shot_prompt", input = Postcard, output = Postcard)]
pub async fn fetch_shot_prompt(
    project: ProjectId,
    shot: ShotId,
    off: Vec<PartSource>,
) -> Result<Result<AsJson<CompositePrompt>, ProductionProblem>, CallError> {
    Ok(super::context::service()?.shot_prompt(project, shot, off).await.map(AsJson))
}

/// Changes a production. It is on disk when this returns.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "change_production", input = Postcard, output = Postcard)]
pub async fn change_production(change: ProductionChange) -> Result<Result<ChangedProduction, ProductionProblem>, CallError> {
    Ok(super::context::service()?.change_production(change).await)
}

/// Makes takes. Their tasks are on disk when this returns; with the same id none is made twice.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "generate_takes", input = Postcard, output = Postcard)]
pub async fn generate_takes(order: GenerateOrder) -> Result<Result<GenerateOutcome, ProductionProblem>, CallError> {
    Ok(super::context::service()?.generate_takes(order).await)
}

/// Cancels what makes takes of a node. Gives how many tasks that were.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "cancel_takes", input = Postcard, output = Postcard)]
pub async fn cancel_takes(project: ProjectId, node: ProductionNodeId) -> Result<Result<u32, ProductionProblem>, CallError> {
    Ok(super::context::service()?.cancel_takes(project, node).await)
}
