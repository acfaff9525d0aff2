//! `/api/workflows`: saved workflows, the schema of their inputs, and their runs.

mod shapes;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::Value;

use self::shapes::{
    NewRun, NewSavedWorkflow, SavedWorkflowChange, SavedWorkflowChanged, SavedWorkflowDetails, SavedWorkflowList, SavedWorkflowReport,
    VersionReport,
};
use super::{
    extract::{ApiQuery, JsonBytes, KeyHeader, WorkflowPath, idempotency_key},
    kind::ProblemKind,
    problem::{ApiProblem, BodyKind},
    responses::problem_responses,
    submit::{Accepted, NewTask, Task202, notes_of},
};
use crate::{
    AppState,
    clock::rfc3339,
    submissions::PromptSource,
    workflow_library::{LibraryError, LibraryWorkflow, LoraList, WorkflowEdit},
};
use proto::workflow_file::FileError;

impl From<LibraryError> for ApiProblem {
    fn from(error: LibraryError) -> Self {
        match error {
            LibraryError::Unknown => Self::new(ProblemKind::UnknownWorkflow, error.to_string()),
            LibraryError::Conflict(_) => Self::new(ProblemKind::ChangedMeanwhile, error.to_string()),
            LibraryError::Name => Self::at("/name", error.to_string()),
            LibraryError::Full => Self::new(ProblemKind::LibraryFull, error.to_string()),
            LibraryError::File(error @ FileError::NoCatalog) => Self::new(ProblemKind::Unavailable, error.to_string()),
            LibraryError::File(error) => Self::at("/workflow", error.to_string()).of_kind(ProblemKind::InvalidWorkflow),
            LibraryError::Refused(refusal) => Self::refused(&refusal, BodyKind::Inputs),
            LibraryError::Store(error) => error.into(),
            LibraryError::Damaged => Self::new(ProblemKind::Internal, error.to_string()),
        }
    }
}

problem_responses!(ListProblems {
    503 => "The database cannot be read.",
});

problem_responses!(ReadProblems {
    400 => "Not an id, or a bad query.",
    404 => "There is no such workflow, or not in this version.",
    503 => "The database cannot be read.",
});

problem_responses!(SaveProblems {
    400 => "Not JSON.",
    409 => "There are too many saved workflows.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, a bad name, or not a workflow.",
    503 => "It cannot be stored now.",
});

problem_responses!(ChangeProblems {
    400 => "Not an id, or not JSON.",
    404 => "There is no such workflow.",
    409 => "It was changed since that revision.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, a bad name, or not a workflow.",
    503 => "It cannot be stored now.",
});

problem_responses!(RunProblems {
    400 => "Not an id, not JSON, or a bad Idempotency-Key.",
    404 => "There is no such workflow, or not in this version.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields or inputs, invalid values, a workflow that cannot be run, or an Idempotency-Key of another request.",
    503 => "It cannot be stored now: the queue or the disk is full.",
});

/// List saved workflows
#[utoipa::path(
    get,
    path = "/workflows",
    operation_id = "listWorkflows",
    tag = "Workflows",
    responses((status = 200, description = "All of them.", body = SavedWorkflowList), ListProblems),
)]
pub(super) async fn list(State(state): State<AppState>) -> Result<Json<SavedWorkflowList>, ApiProblem> {
    let workflows = state.library().list().await?.into_iter().map(|head| SavedWorkflowReport::of(head, state.urls())).collect();
    Ok(Json(SavedWorkflowList { workflows }))
}

/// Save a workflow
///
/// Under a name, with a form of its inputs. What a request that came with it as `extra_data` is not saved.
#[utoipa::path(
    post,
    path = "/workflows",
    operation_id = "saveWorkflow",
    tag = "Workflows",
    request_body = NewSavedWorkflow,
    responses(
        (status = 201, description = "It is saved.", body = SavedWorkflowReport, headers(("Location" = String, description = "The workflow."))),
        SaveProblems,
    ),
)]
pub(super) async fn save(State(state): State<AppState>, body: JsonBytes) -> Result<Response, ApiProblem> {
    let NewSavedWorkflow { name, workflow, form } = body.read()?;
    let head = state.library().save(name, &text_of(workflow), form.unwrap_or_default()).await?;
    let report = SavedWorkflowReport::of(head, state.urls());
    Ok((StatusCode::CREATED, [(header::LOCATION, report.links.this.clone())], Json(report)).into_response())
}

/// Which version.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionQuery {
    /// By default the newest.
    #[param(minimum = 1, nullable = false)]
    version: Option<u32>,
}

/// Look at a saved workflow
#[utoipa::path(
    get,
    path = "/workflows/{workflow}",
    operation_id = "getWorkflow",
    tag = "Workflows",
    params(("workflow" = Uuid, Path, description = "The saved workflow's id."), VersionQuery),
    responses((status = 200, description = "The workflow.", body = SavedWorkflowDetails), ReadProblems),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    WorkflowPath(id): WorkflowPath,
    ApiQuery(VersionQuery { version }): ApiQuery<VersionQuery>,
) -> Result<Json<SavedWorkflowDetails>, ApiProblem> {
    let LibraryWorkflow { saved, workflow, overlay } = state.library().get(id, version).await?;
    let workflow = serde_json::to_value(workflow).unwrap_or_default();
    let versions = state.library().versions(id).await?;
    let versions = versions.into_iter().map(|(version, at)| VersionReport { version, at: rfc3339(at) }).collect();
    Ok(Json(SavedWorkflowDetails {
        head: SavedWorkflowReport::of(saved.head, state.urls()),
        shown_version: saved.version,
        versions,
        workflow,
        form: overlay,
    }))
}

/// Change a saved workflow
///
/// Its name, its form, or the workflow itself, which becomes a new version.
#[utoipa::path(
    patch,
    path = "/workflows/{workflow}",
    operation_id = "changeWorkflow",
    tag = "Workflows",
    params(("workflow" = Uuid, Path, description = "The saved workflow's id.")),
    request_body = SavedWorkflowChange,
    responses((status = 200, description = "The workflow as it is now.", body = SavedWorkflowChanged), ChangeProblems),
)]
pub(super) async fn change(
    State(state): State<AppState>,
    WorkflowPath(id): WorkflowPath,
    body: JsonBytes,
) -> Result<Json<SavedWorkflowChanged>, ApiProblem> {
    let SavedWorkflowChange { revision, name, workflow, form } = body.read()?;
    if name.is_none() && workflow.is_none() && form.is_none() {
        return Err(ApiProblem::at("", "Nothing is to change: give a name, a workflow or a form."));
    }
    let edit = WorkflowEdit { name, form, workflow: workflow.map(text_of) };
    let (head, unmatched) = state.library().change(id, revision, edit).await?;
    Ok(Json(SavedWorkflowChanged {
        head: SavedWorkflowReport::of(head, state.urls()),
        unmatched: unmatched.iter().map(proto::form::Unmatched::sentence).collect(),
    }))
}

/// Remove a saved workflow
///
/// With all its versions. Tasks that were made from it stay.
#[utoipa::path(
    delete,
    path = "/workflows/{workflow}",
    operation_id = "removeWorkflow",
    tag = "Workflows",
    params(("workflow" = Uuid, Path, description = "The saved workflow's id.")),
    responses((status = 204, description = "It is removed."), ReadProblems),
)]
pub(super) async fn remove(State(state): State<AppState>, WorkflowPath(id): WorkflowPath) -> Result<StatusCode, ApiProblem> {
    state.library().remove(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The inputs of a saved workflow
///
/// As JSON Schema 2020-12, from what the node classes of the ComfyUIs accept. `x-darkroom-…` are hints for a form.
#[utoipa::path(
    get,
    path = "/workflows/{workflow}/schema",
    operation_id = "getWorkflowSchema",
    tag = "Workflows",
    params(("workflow" = Uuid, Path, description = "The saved workflow's id."), VersionQuery),
    responses((status = 200, description = "The schema of `inputs`.", body = Object, content_type = "application/schema+json"), ReadProblems),
)]
pub(super) async fn input_schema(
    State(state): State<AppState>,
    WorkflowPath(id): WorkflowPath,
    ApiQuery(VersionQuery { version }): ApiQuery<VersionQuery>,
) -> Result<Response, ApiProblem> {
    let saved = state.library().get(id, version).await?;
    Ok(([(header::CONTENT_TYPE, "application/schema+json")], state.library().schema(&saved).to_string()).into_response())
}

/// Run a saved workflow
///
/// With some of its inputs set: a task like any other.
#[utoipa::path(
    post,
    path = "/workflows/{workflow}/runs",
    operation_id = "runWorkflow",
    tag = "Workflows",
    params(("workflow" = Uuid, Path, description = "The saved workflow's id."), KeyHeader),
    request_body = NewRun,
    responses(
        (status = 202, description = "The task is stored, and will run.", body = Accepted,
            headers(
                ("Location" = String, description = "The task."),
                ("Idempotency-Replayed" = Option<String>, description = "`true`: the key was used before, and this is the task of that request."),
            )),
        RunProblems,
    ),
)]
pub(super) async fn run(
    State(state): State<AppState>,
    WorkflowPath(id): WorkflowPath,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<Task202, ApiProblem> {
    // The same body for another workflow is another request.
    let key = idempotency_key(&headers, &[id.0.as_bytes().as_slice(), body.bytes()].concat())?;
    let NewRun { inputs, loras, version, name, prompt_seed, metadata, priority, extra_data, webhook } = body.read()?;
    let prompt_seed = prompt_seed.map(|seed| seed.value("/promptSeed")).transpose()?;
    let saved = state.library().get(id, version).await?;
    let loras = loras.unwrap_or_default().into_iter().map(LoraList::from).collect();
    let workflow = state.library().run(&saved, inputs.unwrap_or_default(), loras)?;
    let name = name.or_else(|| Some(saved.saved.head.name.clone()));
    let task = NewTask::of_run(name, metadata, priority, extra_data, webhook);
    let workflow = serde_json::to_value(workflow).unwrap_or_default();
    let (mut request, _, mut notes) = task.request(workflow.into(), &state).await?;
    request.prompts = PromptSource::Templates(prompt_seed);
    let outcome = state.submissions().submit(request, key).await.map_err(|error| ApiProblem::of_submission(error, BodyKind::Inputs))?;
    notes.extend(notes_of(&outcome));
    Ok(Task202 { outcome, state, notes })
}

/// The workflow as the text of a file.
fn text_of(workflow: Value) -> String {
    match workflow {
        Value::String(text) => text,
        json => json.to_string(),
    }
}
