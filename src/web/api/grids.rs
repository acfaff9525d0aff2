//! What pages ask of the server about grids.

use leptos::{prelude::*, server_fn::codec::Postcard};

use super::error::CallError;
use proto::{
    grid::{GridAction, GridHead, GridPlan, GridProblem, GridSpec, GridView},
    ids::GridId,
};

/// What a grid would be; what is wrong with it is part of that.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "plan_grid", input = Postcard, output = Postcard)]
pub async fn plan_grid(spec: GridSpec) -> Result<GridPlan, CallError> {
    Ok(super::context::service()?.plan_grid(spec).await)
}

/// Makes a grid. The inner error says why it was not made.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "create_grid", input = Postcard, output = Postcard)]
pub async fn create_grid(spec: GridSpec) -> Result<Result<GridId, Vec<GridProblem>>, CallError> {
    Ok(super::context::service()?.create_grid(spec).await)
}

/// All grids, the newest first. The inner error says why they cannot be read, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "grids", input = Postcard, output = Postcard)]
pub async fn fetch_grids() -> Result<Result<Vec<GridHead>, String>, CallError> {
    Ok(super::context::service()?.grids().await)
}

/// A grid with the state of its cells. `None`: there is no such grid. The inner error says why it cannot be read, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "grid", input = Postcard, output = Postcard)]
pub async fn fetch_grid(id: GridId) -> Result<Result<Option<GridView>, String>, CallError> {
    Ok(super::context::service()?.grid(id).await)
}

/// Carries out what a person does with a grid. Gives how it is afterwards; `None`: it was removed. The inner error says why it was not done, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "act_on_grid", input = Postcard, output = Postcard)]
pub async fn act_on_grid(id: GridId, action: GridAction) -> Result<Result<Option<GridView>, String>, CallError> {
    Ok(super::context::service()?.act_on_grid(id, action).await)
}
