//! `POST /api/workflows/convert`: a workflow file of any format, as the API format that ComfyUI runs.

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    extract::JsonBytes,
    kind::ProblemKind,
    problem::{ApiProblem, BodyKind},
    responses::problem_responses,
};
use crate::AppState;
use proto::{
    submit::Refusal,
    workflow_file::{self, FileError, OpenedWorkflow, ParsedJson},
};

/// A workflow in API format.
#[derive(Serialize, ToSchema)]
pub struct ConvertedWorkflow {
    /// Nodes by their ids.
    #[schema(value_type = Object, example = json!({"4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}}}))]
    workflow: Value,
    /// What was left out, such as notes, and nodes that are muted or bypassed.
    #[schema(example = json!(["Left out, because they are muted: Upscale (12)."]))]
    notes: Vec<String>,
}

problem_responses!(ConvertProblems {
    400 => "Not JSON.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Not a workflow, or one that cannot be converted: `nodeErrors` has the nodes.",
    503 => "It is in the editor's format, and no ComfyUI could be reached yet, whose node classes are needed.",
});

/// Convert a workflow
///
/// The body is a workflow file: in the format of ComfyUI's editor (what "Save" writes, and what pictures carry as `workflow`), or already in API format, also
/// wrapped. The editor's format is converted as ComfyUI's own page does it, with the node classes of the connected ComfyUIs. `POST /api/tasks` takes the same files.
#[utoipa::path(
    post,
    path = "/workflows/convert",
    operation_id = "convertWorkflow",
    tag = "Tasks",
    request_body(content = std::collections::HashMap<String, Value>, description = "The file.", example = json!({"nodes": [{"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["sd15.safetensors"]}], "links": []})),
    responses((status = 200, description = "The workflow.", body = ConvertedWorkflow), ConvertProblems),
)]
pub(super) async fn convert(State(state): State<AppState>, body: JsonBytes) -> Result<Json<ConvertedWorkflow>, ApiProblem> {
    let file = workflow_file::parse_body(body.bytes()).map_err(|error| ApiProblem::new(ProblemKind::BadBody, error.to_string()))?;
    let OpenedWorkflow { workflow, notes, .. } = open(file, &state, "").await?;
    Ok(Json(ConvertedWorkflow { workflow: serde_json::to_value(workflow).unwrap_or_default(), notes }))
}

/// Opens a workflow of any format. `pointer`: where it is in the body.
pub(super) async fn open(workflow: ParsedJson, state: &AppState, pointer: &str) -> Result<OpenedWorkflow, ApiProblem> {
    let opened = match workflow_file::open_json(workflow) {
        Ok(opened) => state.pool().workflow_of(opened).await,
        Err(error) => Err(error),
    };
    opened.map_err(|error| match error {
        FileError::NoCatalog => ApiProblem::new(ProblemKind::Unavailable, error.to_string()),
        FileError::Unconverted(_) => {
            let message = error.to_string();
            // The nodes are inside of lists: a pointer to each is not worth its trouble.
            let refusal = Refusal { message, problems: error.problems() };
            ApiProblem::refused(&refusal, BodyKind::Nothing)
        }
        error => ApiProblem::at(pointer, error.to_string()).of_kind(ProblemKind::InvalidWorkflow),
    })
}
