//! The prompts of shots, and shots with takes of older parts.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use proto::production::{CompositePrompt, PartSource, ProductionNodeId, Shot, ShotId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    errors::{ChangeProblems, ReadProblems},
    paths::{ObjectPath, ProjectPath},
    shapes::{ItemList, PartQuery, StaleShot, StaleTakeReport, page_cursor, page_limit},
};
use crate::{
    AppState,
    routes::api::{
        extract::{ApiQuery, JsonBytes},
        kind::ProblemKind,
        problem::ApiProblem,
    },
    store::StaleTake,
};

/// How a prompt is to be assembled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptBody {
    /// Parts that are switched off: `base`, `character:ID`, `location:ID`, `style:ID`, `keyword:WORD`, `agent:TYPE`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    off: BTreeSet<PartSource>,
    /// The node that it is for: everybody is told by `prompt.composite`. `null`: it is only a preview.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    node_id: Option<ProductionNodeId>,
}

/// An assembled prompt.
#[derive(Serialize, ToSchema)]
pub struct PromptReport {
    #[serde(flatten)]
    prompt: CompositePrompt,
    /// Current takes of the shot that were made of other parts.
    stale: Vec<StaleTakeReport>,
}

/// Assemble the prompt of a shot
///
/// Base, characters (trigger word and fragment), location, styles, keywords of the beat, and the notes of agents that are marked for it, in this order. Its
/// `spans` say where each part is.
#[utoipa::path(
    post,
    path = "/projects/{project}/shots/{shot}/prompt",
    operation_id = "assemblePrompt",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("shot" = Uuid, Path, description = "The shot's id.")),
    request_body = PromptBody,
    responses((status = 200, description = "The prompt as it is today.", body = PromptReport), ChangeProblems),
)]
pub(in crate::routes::api) async fn assemble(
    State(state): State<AppState>,
    path: ObjectPath<Shot>,
    body: JsonBytes,
) -> Result<Json<PromptReport>, ApiProblem> {
    let PromptBody { off, node_id } = body.read()?;
    let shot: ShotId = path.id.parse().map_err(|_| ApiProblem::new(ProblemKind::BadPath, "Not an id."))?;
    let prompt = state.productions().prompt(path.project, shot, off, node_id).await?;
    let stale = reports(state.productions().stale_takes(path.project, shot).await?);
    Ok(Json(PromptReport { prompt, stale }))
}

fn reports(takes: Vec<StaleTake>) -> Vec<StaleTakeReport> {
    takes.into_iter().map(StaleTakeReport::from).collect()
}

/// List shots with stale takes
///
/// Of the next `limit` shots those whose current takes were made of other parts than a new one would be. A part of the list may be empty: go on with `next`.
#[utoipa::path(
    get,
    path = "/projects/{project}/stale",
    operation_id = "listStaleShots",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), PartQuery),
    responses((status = 200, description = "A part of them.", body = ItemList<StaleShot>), ReadProblems),
)]
pub(in crate::routes::api) async fn stale(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    ApiQuery(PartQuery { after, limit }): ApiQuery<PartQuery>,
) -> Result<Json<ItemList<StaleShot>>, ApiProblem> {
    let (stale, next) = state.productions().stale_shots(project, page_cursor(after.as_deref())?, page_limit(limit)?).await?;
    let items = stale.into_iter().map(|(shot, takes)| StaleShot { shot: shot.0, takes: reports(takes) }).collect();
    Ok(Json(ItemList { items, next: next.map(|next| next.to_string()) }))
}
