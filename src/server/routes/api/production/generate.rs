//! Takes are started and cancelled from nodes, and from many shots at once.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    extract::State,
    http::{Extensions, HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::{
    ids::TaskId,
    limits,
    production::{GenerateRequest, NewGeneration, ProductionNode, ProductionNodeId, ShotId, Take},
};
use serde::{Deserialize, Serialize};
use service::BasePath;
use utoipa::ToSchema;

use super::{
    errors::OrderProblems,
    paths::{ObjectPath, ProjectPath},
};
use crate::{
    AppState,
    production::{CancelledNode, GenerateError},
    routes::api::{
        extract::{JsonBytes, KeyHeader, idempotency_key},
        kind::ProblemKind,
        problem::{ApiProblem, BodyKind},
        problem_layer::ProblemDetails,
        responses::problem_responses,
    },
    store::Key,
};

impl From<GenerateError> for ApiProblem {
    fn from(error: GenerateError) -> Self {
        match error {
            GenerateError::Production(error) => error.into(),
            GenerateError::Workflow(error) => error.into(),
            GenerateError::Submission { error, is_built_in } => {
                Self::of_submission(error, if is_built_in { BodyKind::Parameters } else { BodyKind::Nothing })
            }
        }
    }
}

/// A take that is being made.
#[derive(Serialize, ToSchema)]
pub struct StartedTake {
    /// The id of its task, at `/api/tasks/{id}`.
    #[schema(value_type = String, format = Uuid)]
    task_id: TaskId,
    take: Take,
    /// As it is now.
    node: ProductionNode,
    /// What speaks against the run.
    notes: Vec<String>,
}

impl From<NewGeneration> for StartedTake {
    fn from(NewGeneration { take, node, notes, .. }: NewGeneration) -> Self {
        Self { task_id: take.task_id, take, node, notes }
    }
}

problem_responses!(GenerateProblems {
    400 => "Not an id, not JSON, or a bad Idempotency-Key.",
    404 => "There is no such project or node, or its saved workflow is not there any more.",
    409 => "It cannot be done as things are: its shot is in the trash, or nothing is kept of how the take to redo was made.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, bad values, no prompt, a workflow that ComfyUI refuses (`nodeErrors`), or an Idempotency-Key of another request. There is no take.",
    503 => "It cannot be stored now, or the queue is full.",
});

fn node_id(path: &ObjectPath<ProductionNode>) -> Result<ProductionNodeId, ApiProblem> {
    path.id.parse().map_err(|error: proto::production::BadNodeId| ApiProblem::new(ProblemKind::BadPath, error.to_string()))
}

/// Make a take
///
/// Starts a task of the node: with the prompt of its shot as it is assembled now, and the workflow and the values of the quality. The take has its number as soon as
/// the task is on disk, which is when this answers. With `redo` a take is made again, as it was made then.
#[utoipa::path(
    post,
    path = "/projects/{project}/nodes/{node}/generate",
    operation_id = "generateTake",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("node" = String, Path, description = "The node's id.", pattern = r"^(?!\.{1,2}$)[^/\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{1,128}$"), KeyHeader),
    request_body = GenerateRequest,
    responses(
        (status = 201, description = "The take is there, and will be made.", body = StartedTake,
            headers(
                ("Location" = String, description = "The take."),
                ("Idempotency-Replayed" = Option<String>, description = "`true`: the key was used before, and this is the take of that request."),
            )),
        GenerateProblems,
    ),
)]
pub(in crate::routes::api) async fn generate(
    State(state): State<AppState>,
    path: ObjectPath<ProductionNode>,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<Response, ApiProblem> {
    let (project, node) = (path.project, node_id(&path)?);
    // The same body for another node is another request.
    let key = idempotency_key(&headers, &[project.to_string().as_bytes(), node.as_str().as_bytes(), body.bytes()].concat())?;
    let generation = state.productions().generate(project, node, body.read()?, key).await?;
    let is_replay = generation.is_replay;
    let location = [(header::LOCATION, format!("/api/projects/{project}/takes/{}", generation.take.id))];
    let answer = (StatusCode::CREATED, location, Json(StartedTake::from(generation)));
    let replayed = [(HeaderName::from_static("idempotency-replayed"), "true")];
    Ok(if is_replay { (replayed, answer).into_response() } else { answer.into_response() })
}

/// What became of the tasks of a node.
#[derive(Serialize, ToSchema)]
pub struct CancelledTakes {
    /// As it is now. Where a ComfyUI cannot be reached, it is still generating, and will be cancelled.
    node: ProductionNode,
    /// The tasks that are cancelled.
    #[schema(value_type = Vec<String>)]
    tasks: Vec<TaskId>,
}

/// Cancel the takes of a node
///
/// All that are being made. It can be repeated; where nothing is being made, nothing happens.
#[utoipa::path(
    post,
    path = "/projects/{project}/nodes/{node}/cancel",
    operation_id = "cancelTakes",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), ("node" = String, Path, description = "The node's id.", pattern = r"^(?!\.{1,2}$)[^/\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{1,128}$")),
    responses((status = 200, description = "The node, and what is cancelled.", body = CancelledTakes), OrderProblems),
)]
pub(in crate::routes::api) async fn cancel(
    State(state): State<AppState>,
    path: ObjectPath<ProductionNode>,
) -> Result<Json<CancelledTakes>, ApiProblem> {
    let CancelledNode { node, tasks } = state.productions().cancel(path.project, node_id(&path)?).await?;
    Ok(Json(CancelledTakes { node, tasks }))
}

/// Takes of many shots.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateShots {
    /// 1 to 500.
    #[schema(value_type = Vec<uuid::Uuid>, min_items = 1, max_items = 500)]
    shots: Vec<ShotId>,
    /// By which of their nodes: the first of this kind. Empty: the first. Where there is none, it is made.
    #[serde(default)]
    kind: String,
    /// What is made of each.
    #[serde(default)]
    take: GenerateRequest,
}

/// What became of one shot.
#[derive(Serialize, ToSchema)]
pub struct ShotOutcome {
    #[schema(value_type = uuid::Uuid)]
    shot: ShotId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    started: Option<StartedTake>,
    /// Why there is no take of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemDetails>,
}

/// What became of each, in the order of the request.
#[derive(Serialize, ToSchema)]
pub struct ShotOutcomes {
    items: Vec<ShotOutcome>,
}

/// Points into the member of the request that says what is made.
fn in_take(mut problem: ApiProblem) -> ApiProblem {
    for error in &mut problem.errors {
        error.pointer = format!("/take{}", error.pointer);
    }
    // Its text names the place, too.
    if problem.kind == ProblemKind::InvalidRequest { ApiProblem::with_errors(problem.errors) } else { problem }
}

/// Make takes of many shots
///
/// Each by a node of its own, in their order. One that is refused does not keep the others from being made: the answer says what became of each. With an
/// `Idempotency-Key` of at most 200 characters the request can be repeated.
#[utoipa::path(
    post,
    path = "/projects/{project}/shots/generate",
    operation_id = "generateShots",
    tag = "Productions",
    params(("project" = Uuid, Path, description = "The project's id."), KeyHeader),
    request_body = GenerateShots,
    responses((status = 200, description = "What became of each.", body = ShotOutcomes), GenerateProblems),
)]
pub(in crate::routes::api) async fn generate_shots(
    State(state): State<AppState>,
    ProjectPath(project): ProjectPath,
    extensions: Extensions,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<Json<ShotOutcomes>, ApiProblem> {
    let base = BasePath::of(&extensions);
    let GenerateShots { shots, kind, take } = body.read()?;
    if !(1..=limits::PRODUCTION_BULK).contains(&shots.len()) {
        return Err(ApiProblem::at("/shots", format!("Takes of 1 to {} shots are made at once.", limits::PRODUCTION_BULK)));
    }
    if take.redo.is_some() {
        return Err(ApiProblem::at("/take/redo", "A take is redone in its node: it is one take of one shot."));
    }
    take.check().map_err(|problem| in_take(GenerateError::from(problem).into()))?;
    // Whether there is such a project at all.
    state.productions().project(project).await?;
    let wanted = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    if let Some(text) = &wanted
        && (text.len() > limits::KEY - 55 || idempotency_key(&headers, body.bytes())?.is_none())
    {
        let detail = format!("An Idempotency-Key of many shots is 1 to {} printable ASCII characters.", limits::KEY - 55);
        return Err(ApiProblem::new(ProblemKind::BadHeader, detail));
    }
    let key = |shot: ShotId| Key::new(&format!("{} {shot}", wanted.as_ref()?), &[project.to_string().as_bytes(), body.bytes()].concat());
    let made = state.productions().generate_shots(project, shots, kind, take, key).await;
    let items = made.into_iter().map(|(shot, outcome)| match outcome {
        Ok(generation) => ShotOutcome { shot, started: Some(generation.into()), problem: None },
        Err(error) => {
            let instance = format!("/api/projects/{project}/shots/{shot}");
            ShotOutcome { shot, started: None, problem: Some(ProblemDetails::of(in_take(error.into()), &instance, &base)) }
        }
    });
    Ok(Json(ShotOutcomes { items: items.collect() }))
}
