//! `/api/tasks/{id}` and what can be done with a task.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    extract::{ApiQuery, JsonBytes, KeyHeader, TaskPath, idempotency_key},
    fields::{not_null, not_null_integer},
    kind::ProblemKind,
    problem::{ApiProblem, BodyKind},
    responses::{ReadTaskProblems, problem_responses},
    submit::{Accepted, Task202},
};
use crate::{
    AppState,
    clock::now,
    command_error::CommandError,
    report::{RemovalReport, TaskReport, TaskStatus},
    routes::attachment::attachment,
    store::Stored,
    task_workflow,
};
use proto::{ids::TaskId, limits, wire::Command};

async fn report(state: &AppState, id: TaskId) -> Result<Json<TaskReport>, ApiProblem> {
    let Stored { task, origin, .. } = state.archive().stored(id).await?.ok_or_else(ApiProblem::unknown_task)?;
    Ok(Json(TaskReport::of(&task, state.tracker().position(id), state.tracker().hold(), &origin, state.urls(), now())))
}

/// Look at a task
///
/// As it is now, of any age.
#[utoipa::path(
    get,
    path = "/tasks/{id}",
    operation_id = "getTask",
    tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task's id.")),
    responses(
        (status = 200, description = "The task.", body = TaskReport),
        ReadTaskProblems,
    ),
)]
pub(super) async fn get(State(state): State<AppState>, TaskPath(id): TaskPath) -> Result<Json<TaskReport>, ApiProblem> {
    report(&state, id).await
}

/// Which file.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorkflowQuery {
    /// `api`: nodes by their ids, as ComfyUI runs them. `editor`: what ComfyUI's page opens and saves.
    #[serde(default)]
    #[param(inline, default = "api")]
    format: WorkflowFormat,
    /// To be saved as a file, named after the task.
    #[serde(default)]
    #[param(default = false)]
    download: bool,
}

/// The formats of a workflow.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkflowFormat {
    #[default]
    Api,
    Editor,
}

// For the API document only.
/// A workflow in one of the two formats.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
#[serde(untagged)]
pub enum WorkflowInFormat {
    Api(std::collections::HashMap<String, super::submit::ApiNode>),
    Editor(EditorWorkflow),
}

/// A workflow in the format of ComfyUI's editor.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
pub struct EditorWorkflow {
    nodes: Vec<Value>,
    /// `[id, from node, from slot, to node, to slot, type]`.
    links: Vec<Value>,
}

problem_responses!(WorkflowProblems {
    400 => "Not an id, or an unknown parameter.",
    404 => "There is no such task.",
    503 => "The database cannot be read; or no ComfyUI was reached yet, whose node classes the editor's format needs.",
});

/// The workflow of a task
///
/// In API format, as it was handed in, or as it was made from parameters. In the editor's format: the file that came with the task as
/// `extra_data.extra_pnginfo.workflow`, if it still gives what ran; else it is written, with the node classes of the connected ComfyUIs.
#[utoipa::path(
    get,
    path = "/tasks/{id}/workflow",
    operation_id = "getTaskWorkflow",
    tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task's id."), WorkflowQuery),
    responses(
        (status = 200, description = "The workflow.", body = WorkflowInFormat),
        WorkflowProblems,
    ),
)]
pub(super) async fn workflow(
    State(state): State<AppState>,
    TaskPath(id): TaskPath,
    ApiQuery(WorkflowQuery { format, download }): ApiQuery<WorkflowQuery>,
) -> Result<Response, ApiProblem> {
    let stored = state.archive().stored(id).await?.ok_or_else(ApiProblem::unknown_task)?;
    let name = stored.task.name.clone();
    let (json, filename) = match format {
        WorkflowFormat::Api => (serde_json::to_value(&*stored.workflow).unwrap_or_default(), format!("{name} (API).json")),
        WorkflowFormat::Editor => {
            let why = "The editor's format needs the node classes of a ComfyUI, and none was reached yet. Try again when one is connected.";
            let text = task_workflow::editor_file(state.pool(), stored).await;
            (text.ok_or_else(|| ApiProblem::new(ProblemKind::Unavailable, why))?.file, format!("{name}.json"))
        }
    };
    let mut response = Json(json).into_response();
    if download && let Ok(disposition) = HeaderValue::from_str(&attachment(&filename)) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// Cancel a task
///
/// A waiting task is taken out of the queue, a running one is interrupted. If its ComfyUI cannot be reached, that happens later: until then the task is
/// `cancelling`. A finished task is unchanged. The request can be repeated.
#[utoipa::path(
    post,
    path = "/tasks/{id}/cancel",
    operation_id = "cancelTask",
    tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task's id.")),
    responses(
        (status = 200, description = "The task as it is now.", body = TaskReport),
        ReadTaskProblems,
    ),
)]
pub(super) async fn cancel(State(state): State<AppState>, TaskPath(id): TaskPath) -> Result<Json<TaskReport>, ApiProblem> {
    state.commands().cancel(id).await?;
    report(&state, id).await
}

problem_responses!(RetryProblems {
    400 => "Not an id, or a bad Idempotency-Key.",
    404 => "There is no such task.",
    409 => "It is not over.",
    422 => "The workflow can no longer be run, or an Idempotency-Key of another request.",
    503 => "It cannot be kept now.",
});

/// Run a task again
///
/// Another task with the same workflow, name, priority and metadata. Only for a finished task.
#[utoipa::path(
    post,
    path = "/tasks/{id}/retry",
    operation_id = "retryTask",
    tag = "Tasks",
    params(
        ("id" = Uuid, Path, description = "The task's id."),
        KeyHeader,
    ),
    responses(
        (status = 202, description = "The new task is kept, and will run.", body = Accepted,
            headers(
                ("Location" = String, description = "The new task."),
                ("Idempotency-Replayed" = Option<String>, description = "`true`: this key came before, and this is the task of then."),
            )),
        RetryProblems,
    ),
)]
pub(super) async fn retry(State(state): State<AppState>, TaskPath(id): TaskPath, headers: HeaderMap) -> Result<Task202, ApiProblem> {
    let key = idempotency_key(&headers, format!("retry {id}").as_bytes())?;
    let outcome = state.submissions().rerun(id, false, key).await.map_err(|error| ApiProblem::of_submission(error, BodyKind::Nothing))?;
    Ok(Task202 { outcome, state, notes: Vec::new() })
}

/// What of a waiting task is to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct TaskChange {
    /// Higher is sooner. It comes last of those with the same.
    #[serde(default, deserialize_with = "not_null_integer")]
    #[schema(minimum = -100, maximum = 100, nullable = false)]
    priority: Option<i8>,
    /// Paused, or resumed.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    paused: Option<bool>,
}

problem_responses!(ChangeProblems {
    400 => "Not an id, or not JSON.",
    404 => "There is no such task.",
    409 => "It runs already, or is over.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, or values that cannot be.",
    503 => "The database cannot be read.",
});

/// Change a waiting task
///
/// Its priority, or whether it is held back.
#[utoipa::path(
    patch,
    path = "/tasks/{id}",
    operation_id = "changeTask",
    tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task's id.")),
    request_body(
        content((TaskChange = "application/json"), (TaskChange = "application/merge-patch+json")),
        description = "What is not named stays.",
    ),
    responses(
        (status = 200, description = "The task as it is now.", body = TaskReport),
        ChangeProblems,
    ),
)]
pub(super) async fn change(State(state): State<AppState>, TaskPath(id): TaskPath, body: JsonBytes) -> Result<Json<TaskReport>, ApiProblem> {
    let TaskChange { priority, paused } = body.read()?;
    if priority.is_none() && paused.is_none() {
        return Err(ApiProblem::at("", "Say what is to change: priority, paused."));
    }
    if let Some(priority) = priority.filter(|priority| priority.unsigned_abs() > limits::PRIORITY.unsigned_abs()) {
        return Err(ApiProblem::at("/priority", format!("A priority is a number from -{0} to {0}, not {priority}.", limits::PRIORITY)));
    }
    let task = state.archive().stored(id).await?.ok_or_else(ApiProblem::unknown_task)?.task;
    match TaskStatus::of(task.state) {
        TaskStatus::Queued => {}
        TaskStatus::InProgress => return Err(CommandError::Running.into()),
        TaskStatus::Completed | TaskStatus::Error | TaskStatus::Cancelled => return Err(CommandError::Finished.into()),
    }
    // A command that changes nothing is left out: setting the same priority again would move the task behind others of that priority.
    if let Some(priority) = priority.filter(|priority| *priority != task.place.priority) {
        state.commands().run(Command::Prioritize { task: id, priority }).await?;
    }
    if let Some(paused) = paused.filter(|paused| *paused != task.paused) {
        state.commands().run(Command::Pause { task: id, paused }).await?;
    }
    report(&state, id).await
}

problem_responses!(RemoveProblems {
    400 => "Not an id.",
    404 => "There is no such task.",
    409 => "It is not over: cancel it first.",
    503 => "The database cannot be written.",
});

/// Remove a task
///
/// For ever: from the disk, from all pages, and from ComfyUI's history, with its kept files that no other task has. ComfyUI's own files stay in
/// its folders; the answer names them. Only for a finished task.
#[utoipa::path(
    delete,
    path = "/tasks/{id}",
    operation_id = "deleteTask",
    tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task's id.")),
    responses(
        (status = 200, description = "There is no such task any more.", body = RemovalReport),
        RemoveProblems,
    ),
)]
pub(super) async fn remove(State(state): State<AppState>, TaskPath(id): TaskPath) -> Result<Json<RemovalReport>, ApiProblem> {
    Ok(Json(state.archive().remove(id).await?))
}
