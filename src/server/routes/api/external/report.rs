//! A task of another program, as the API shows it.

use proto::external::{ExternalState, ExternalTask, JoinedBy, JoinedId, ResultFormat};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::rfc3339;

/// A task of another program: of Celery, or of anyone who reports it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalTask)]
pub struct ExternalTaskReport {
    #[schema(example = "a2341f69-0b5b-4579-9a8b-4e78009a62ea")]
    id: String,
    /// Who told of it first: `celery`, `redis`, or the source of a CloudEvent.
    #[schema(example = "celery")]
    source: String,
    #[schema(example = "tasks.render")]
    name: Option<String>,
    state: ExternalState,
    /// The task's own word for its state, such as `DENOISING`; only while it runs.
    stage: Option<String>,
    /// Of the present attempt, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    progress: Option<f64>,
    message: Option<String>,
    /// Step `current` of `total`.
    #[schema(example = 2)]
    current: Option<u64>,
    #[schema(example = 3)]
    total: Option<u64>,
    #[schema(example = "gpu@studio-7")]
    worker: Option<String>,
    /// Attempts before the present one.
    retries: u32,
    /// What it returned: the value, or, where `resultFormat` is `python`, a text as Python's `repr` writes it.
    #[schema(value_type = Option<Value>)]
    result: Option<Value>,
    /// `json`, `python`, or `cut`: the text of the value is only its beginning, because it is too large.
    #[schema(example = "json")]
    result_format: Option<&'static str>,
    error: Option<ExternalErrorReport>,
    parent_id: Option<String>,
    project_id: Option<String>,
    shot_id: Option<String>,
    node_id: Option<String>,
    /// Where the best of these three ids was found.
    joined_by: Option<JoinedBy>,
    #[schema(format = DateTime)]
    first_seen: String,
    #[schema(format = DateTime)]
    last_seen: String,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Its worker is not seen any more. The task may still run.
    stale: bool,
    /// Something else than a revocation was heard of it. Celery records revocations also of ids that no task ever had.
    confirmed: bool,
}

/// Why a task of another program failed, is tried again, or was revoked.
#[derive(Serialize, ToSchema)]
#[schema(as = ExternalError)]
pub struct ExternalErrorReport {
    #[serde(rename = "type")]
    #[schema(example = "ValueError")]
    kind: String,
    message: String,
    /// Its end.
    traceback: Option<String>,
}

impl From<ExternalTask> for ExternalTaskReport {
    fn from(task: ExternalTask) -> Self {
        let joined = [&task.join.project, &task.join.shot, &task.join.node];
        let joined_by = joined.into_iter().flatten().map(|joined| joined.by).max();
        let id = |joined: Option<JoinedId>| joined.map(|joined| joined.id);
        let (result, result_format) = match task.result {
            None => (None, None),
            Some(result) if result.is_cut => (Some(result.text.into()), Some("cut")),
            Some(result) if result.format == ResultFormat::Python => (Some(result.text.into()), Some("python")),
            Some(result) => (Some(serde_json::from_str(&result.text).unwrap_or(Value::String(result.text))), Some("json")),
        };
        Self {
            id: task.id,
            source: task.source,
            name: task.name,
            state: task.state,
            stage: task.stage,
            progress: task.progress.map(|progress| f64::from(progress) / 1000.0),
            message: task.message,
            current: task.current,
            total: task.total,
            worker: task.worker,
            retries: task.retries,
            result,
            result_format,
            error: task.error.map(|error| ExternalErrorReport { kind: error.kind, message: error.message, traceback: error.traceback }),
            parent_id: task.parent_id,
            project_id: id(task.join.project),
            shot_id: id(task.join.shot),
            node_id: id(task.join.node),
            joined_by,
            first_seen: rfc3339(task.first_seen),
            last_seen: rfc3339(task.last_seen),
            ended_at: task.ended_at.map(rfc3339),
            stale: task.stale,
            confirmed: task.confirmed,
        }
    }
}
