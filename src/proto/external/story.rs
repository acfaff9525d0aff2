//! Messages in the dialect of the studio's own programs: flat JSON with `type`, over Redis and in the data of CloudEvents.
//!
//! `task.progress {task_id, state, progress, message, result, node_id, step, total_steps, current_step}`, `process.progress {process_id, progress, message}`.

use serde_json::{Map, Value};

use super::{
    fact::{FactOrigin, ProgressScale, TaskFact},
    fields,
    join::JoinedBy,
    task::{ExternalError, ExternalState},
};
use crate::limits;

/// What a message says about a task. `None`: its type is not one of tasks.
///
/// # Errors
/// The field that it lacks.
pub(super) fn task_fact(
    kind: &str,
    data: &Map<String, Value>,
    source: &str,
    scale: ProgressScale,
) -> Option<Result<TaskFact, &'static str>> {
    let (subject, verb) = kind.split_once('.')?;
    let id_field = match subject {
        "task" => "task_id",
        "process" => "process_id",
        _ => return None,
    };
    let by_verb = match verb {
        "queued" => Some(ExternalState::Pending),
        "started" => Some(ExternalState::Started),
        "progress" => None,
        "success" | "completed" => Some(ExternalState::Success),
        "failed" | "error" => Some(ExternalState::Failure),
        "cancelled" => Some(ExternalState::Revoked),
        _ => return None,
    };
    let Some(id) = fields::text(data, id_field, limits::EXTERNAL_ID + 1).filter(|id| id.len() <= limits::EXTERNAL_ID) else {
        return Some(Err(id_field));
    };
    let said = ["state", "status"].iter().find_map(|key| state(data.get(*key)?.as_str()?));
    let state = by_verb.or(said).unwrap_or(ExternalState::Progress);
    Some(Ok(fact(id, state, data, source, scale)))
}

/// What a message on `task:progress:{id}` says.
pub(super) fn progress_fact(id: &str, data: &Map<String, Value>, scale: ProgressScale) -> TaskFact {
    let said = ["state", "status"].iter().find_map(|key| state(data.get(*key)?.as_str()?));
    fact(id.to_owned(), said.unwrap_or(ExternalState::Progress), data, "redis", scale)
}

fn fact(id: String, state: ExternalState, data: &Map<String, Value>, source: &str, scale: ProgressScale) -> TaskFact {
    let text = |key: &str, limit| fields::text(data, key, limit);
    let error = match data.get("error") {
        Some(Value::Object(error)) => Some(ExternalError {
            kind: fields::text(error, "type", limits::EXTERNAL_NAME).unwrap_or_default(),
            message: fields::text(error, "message", limits::EXTERNAL_MESSAGE).unwrap_or_default(),
            traceback: fields::text(error, "traceback", limits::EXTERNAL_TRACEBACK),
        }),
        Some(Value::String(message)) => {
            Some(ExternalError { message: fields::cut(message, limits::EXTERNAL_MESSAGE).0, ..ExternalError::default() })
        }
        _ => None,
    };
    TaskFact {
        id,
        source: source.to_owned(),
        origin: FactOrigin::Report,
        state: Some(state),
        name: text("name", limits::EXTERNAL_NAME),
        worker: text("worker", limits::EXTERNAL_NAME),
        retries: data.get("retries").and_then(fields::whole).and_then(|retries| u32::try_from(retries).ok()),
        parent_id: text("parent_id", limits::EXTERNAL_ID),
        progress: fields::progress(data, scale),
        message: fields::message(data),
        result: data.get("result").filter(|_| state == ExternalState::Success).and_then(fields::json_result),
        error: error.filter(|_| state >= ExternalState::Retry),
        join: fields::join(data, JoinedBy::Meta),
        ..TaskFact::default()
    }
}

/// The words that programs use.
fn state(word: &str) -> Option<ExternalState> {
    Some(match word.to_ascii_lowercase().as_str() {
        "queued" | "waiting" => ExternalState::Pending,
        "running" | "processing" | "generating" => ExternalState::Progress,
        "completed" | "complete" | "done" | "succeeded" | "finished" => ExternalState::Success,
        "failed" | "error" => ExternalState::Failure,
        "cancelled" | "canceled" => ExternalState::Revoked,
        _ => return word.parse().ok(),
    })
}
