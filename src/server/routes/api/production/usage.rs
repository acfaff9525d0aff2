//! Many shots at once, and the shots that an asset is in.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{Json, extract::State, http::StatusCode};
use proto::{
    limits,
    production::{Asset, AssetId, Shot},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    errors::{NewProblems, ReadProblems},
    object_body::draft,
    paths::{ObjectPath, ProjectPath},
    shapes::{ItemList, NewShot},
};
use crate::{
    AppState,
    routes::api::{extract::JsonBytes, kind::ProblemKind, problem::ApiProblem},
};

/// Shots to be made: 1 to 500.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShots {
    #[schema(value_type = Vec<NewShot>, min_items = 1, max_items = 500)]
    shots: Vec<Map<String, Value>>,
}

/// Make many shots
///
/// In their order, each with the next code of its scene: all of them, or none.
#[utoipa::path(
    post,
    path = "/projects/{project}/shots/bulk",
    operation_id = "createShots",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id.")),
    request_body = NewShots,
    responses((status = 201, description = "They are there.", body = ItemList<Shot>), NewProblems),
)]
pub(in crate::routes::api) async fn create_shots(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    body: JsonBytes,
) -> Result<(StatusCode, Json<ItemList<Shot>>), ApiProblem> {
    let NewShots { shots } = body.read()?;
    if !(1..=limits::PRODUCTION_BULK).contains(&shots.len()) {
        return Err(ApiProblem::at("/shots", format!("1 to {} shots are made at once.", limits::PRODUCTION_BULK)));
    }
    let drafts = (0..).zip(shots).map(|(at, shot): (usize, _)| draft::<Shot>(shot, &format!("/shots/{at}")));
    let drafts = drafts.collect::<Result<Vec<_>, _>>()?;
    let is_one = drafts.len() == 1;
    let made = state.productions().add(project, drafts).await.map_err(|error| in_list(error.into(), is_one))?;
    Ok((StatusCode::CREATED, Json(ItemList { items: made, next: None })))
}

/// Points into the list.
fn in_list(mut problem: ApiProblem, is_one: bool) -> ApiProblem {
    if problem.kind == ProblemKind::InvalidRequest {
        let place = if is_one { "/shots/0" } else { "/shots" };
        for error in &mut problem.errors {
            error.pointer = format!("{place}{}", error.pointer);
        }
        return ApiProblem::with_errors(problem.errors);
    }
    problem
}

/// The shots that an asset is in
///
/// At most 500, those that it was put into first.
#[utoipa::path(
    get,
    path = "/projects/{project}/assets/{asset}/usage",
    operation_id = "getAssetUsage",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("asset" = Uuid, Path, description = "The asset's id.")),
    responses((status = 200, description = "The shots.", body = ItemList<Shot>), ReadProblems),
)]
pub(in crate::routes::api) async fn asset_usage(
    State(state): State<AppState>,
    path: ObjectPath<Asset>,
) -> Result<Json<ItemList<Shot>>, ApiProblem> {
    let asset: AssetId = path.id.parse().map_err(|_| ApiProblem::new(ProblemKind::BadPath, "Not an id."))?;
    let items = state.productions().usage(path.project, asset, limits::PRODUCTION_PAGE).await?;
    Ok(Json(ItemList { items, next: None }))
}
