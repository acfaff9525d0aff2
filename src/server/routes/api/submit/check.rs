//! `POST /api/tasks/check`: what speaks against a task before it is submitted.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::{extract::JsonBytes, problem::ApiProblem},
    NewTask, SubmitProblems,
};
use crate::AppState;
use proto::{
    ids::{BackendId, TaskId},
    run_warnings::RunWarning,
};

/// What speaks against a task.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckedTask {
    /// Reasons to think twice; empty if there are none. The task can be submitted all the same.
    warnings: Vec<TaskWarning>,
    /// As in the answer to a submission.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    notes: Vec<String>,
}

/// A reason to think twice.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskWarning {
    kind: TaskWarningKind,
    /// For people.
    message: String,
    /// `same-inputs`: the task whose result this one would give.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid, nullable = false)]
    task_id: Option<TaskId>,
    /// `out-of-memory`: the names of the ComfyUIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    backends: Option<Vec<BackendId>>,
}

/// The kinds of warnings.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskWarningKind {
    /// A task among the newest has the same inputs: the result would be the same.
    SameInputs,
    /// ComfyUIs ran out of memory with the same models at this size or a smaller one, and finished none of this size.
    OutOfMemory,
    /// A node class is missing at all ComfyUIs, and something is done in another way.
    Fallback,
}

impl From<RunWarning> for TaskWarning {
    fn from(warning: RunWarning) -> Self {
        let message = warning.words();
        match warning {
            RunWarning::Fallback { .. } => Self { kind: TaskWarningKind::Fallback, message, task_id: None, backends: None },
            RunWarning::SameInputs { task, .. } => Self { kind: TaskWarningKind::SameInputs, message, task_id: Some(task), backends: None },
            RunWarning::OutOfMemory { comfyuis, .. } => {
                Self { kind: TaskWarningKind::OutOfMemory, message, task_id: None, backends: Some(comfyuis) }
            }
        }
    }
}

/// Check a task before it is submitted
///
/// Takes what `POST /tasks` takes, and says what speaks against it. Nothing is stored or sent. What would be refused is refused here, too, except what only
/// ComfyUI's own validation finds.
#[utoipa::path(
    post,
    path = "/tasks/check",
    operation_id = "checkTask",
    tag = "Tasks",
    request_body = NewTask,
    responses(
        (status = 200, description = "It can be submitted.", body = CheckedTask),
        SubmitProblems,
    ),
)]
pub(in crate::routes::api) async fn check(State(state): State<AppState>, body: JsonBytes) -> Result<Json<CheckedTask>, ApiProblem> {
    let (new, workflow) = NewTask::read(&body)?;
    let (request, submitted, notes) = new.request(workflow, &state).await?;
    let warnings = state.submissions().check(&request).await.map_err(|error| ApiProblem::of_submission(error, submitted))?;
    Ok(Json(CheckedTask { warnings: warnings.into_iter().map(TaskWarning::from).collect(), notes }))
}
