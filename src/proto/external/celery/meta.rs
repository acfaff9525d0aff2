//! Values of Celery's result backend, `celery-task-meta-{id}`: stored under this key, and published on the channel of this name.

use serde_json::{Map, Value};

use super::{error::CeleryError, inflate::inflate, python, value};
use crate::{
    external::{
        fact::{FactOrigin, ProgressScale, TaskFact},
        fields,
        join::{ExternalJoin, JoinedBy},
        task::{ExternalError, ExternalState},
    },
    limits,
    time::Timestamp,
};

/// What a result backend says about a task.
#[derive(Clone, Debug)]
pub struct TaskMeta {
    pub id: String,
    pub fields: Map<String, Value>,
    content: u64,
}

/// How a compressed value begins (Celery 5.7, `result_compression`): this, the MIME type, a zero, the data.
const COMPRESSED: &[u8] = b"\0celery-compressed\0";

/// Reads a value: JSON or MessagePack, also compressed. `id`: from the key.
///
/// # Errors
/// Pickled, compressed in another way, too large, damaged, or without `status`.
pub fn read_meta(id: &str, bytes: &[u8]) -> Result<TaskMeta, CeleryError> {
    if id.is_empty() || id.len() > limits::EXTERNAL_ID {
        return Err(CeleryError::Damaged("the id in its key is empty, or too long"));
    }
    let value = match bytes.strip_prefix(COMPRESSED) {
        Some(rest) => {
            let end = rest.iter().position(|byte| *byte == 0).ok_or(CeleryError::Damaged("it does not say how it is compressed"))?;
            let (mime, data) = (String::from_utf8_lossy(&rest[..end]), &rest[end + 1..]);
            value::by_first_byte(&inflate(&mime, data)?)?
        }
        None => value::by_first_byte(bytes)?,
    };
    match value {
        Value::Object(fields) if fields.get("status").is_some_and(Value::is_string) => {
            Ok(TaskMeta { id: id.to_owned(), fields, content: fields::content_hash(bytes) })
        }
        _ => Err(CeleryError::Damaged("it has no status")),
    }
}

impl TaskMeta {
    /// What it says. `stored`: it was read from its key, not published.
    #[must_use]
    pub fn fact(&self, scale: ProgressScale, stored: bool) -> TaskFact {
        let meta = &self.fields;
        let word = meta.get("status").and_then(Value::as_str).unwrap_or_default();
        let state = word.parse().unwrap_or(ExternalState::Progress);
        let result = meta.get("result").unwrap_or(&Value::Null);
        let text = |key: &str| fields::text(meta, key, limits::EXTERNAL_NAME);
        let mut fact = TaskFact {
            id: self.id.clone(),
            source: "celery".to_owned(),
            origin: if stored { FactOrigin::StoredResult } else { FactOrigin::Result },
            state: Some(state),
            name: text("name"),
            worker: text("worker"),
            retries: meta.get("retries").and_then(fields::whole).and_then(|retries| u32::try_from(retries).ok()),
            // A retry is the child of the attempt before, under the same id.
            parent_id: fields::text(meta, "parent_id", limits::EXTERNAL_ID).filter(|parent| *parent != self.id),
            done_at: meta.get("date_done").and_then(Value::as_str).and_then(time),
            join: self.join(),
            content: self.content,
            ..TaskFact::default()
        };
        match (state, result) {
            (ExternalState::Started, Value::Object(details)) => {
                fact.worker = fact.worker.or_else(|| fields::text(details, "hostname", limits::EXTERNAL_NAME));
            }
            (ExternalState::Progress, details) => {
                fact.stage = (!word.eq_ignore_ascii_case("PROGRESS")).then(|| fields::cut(word, limits::EXTERNAL_WORD).0);
                if let Value::Object(details) = details {
                    fact.progress = fields::progress(details, scale);
                    fact.message = fields::message(details);
                    fact.join.merge(&fields::join(details, JoinedBy::Meta));
                }
            }
            (ExternalState::Success, value) => fact.result = fields::json_result(value),
            (state, Value::Object(details)) if state >= ExternalState::Retry => fact.error = Some(self.error(details)),
            _ => {}
        }
        fact
    }

    fn error(&self, details: &Map<String, Value>) -> ExternalError {
        let message = match details.get("exc_message") {
            Some(Value::Array(parts)) => {
                let part = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
                parts.iter().map(part).collect::<Vec<_>>().join(", ")
            }
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        ExternalError {
            kind: fields::text(details, "exc_type", limits::EXTERNAL_NAME).unwrap_or_default(),
            message: fields::cut(&message, limits::EXTERNAL_MESSAGE).0,
            traceback: self.fields.get("traceback").and_then(Value::as_str).map(python::last_lines),
        }
    }

    /// Stamps, and arguments, which are there with `result_extended` only.
    fn join(&self) -> ExternalJoin {
        let mut join = ExternalJoin::default();
        for stamp in self.fields.get("stamped_headers").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            match self.fields.get(stamp) {
                Some(Value::String(id)) => join.note(stamp, id, JoinedBy::Stamp),
                // A task that was stamped twice has a list.
                Some(Value::Array(ids)) => {
                    if let Some(id) = ids.first().and_then(Value::as_str) {
                        join.note(stamp, id, JoinedBy::Stamp);
                    }
                }
                _ => {}
            }
        }
        match self.fields.get("kwargs") {
            Some(Value::Object(arguments)) => join.merge(&fields::join(arguments, JoinedBy::Arguments)),
            Some(Value::String(repr)) => join.merge(&python::join_of_arguments(repr)),
            _ => {}
        }
        join
    }
}

/// Python's ISO format, with an offset or without one (UTC).
fn time(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().or_else(|_| format!("{text}Z").parse()).ok()?;
    u64::try_from(at.as_millisecond()).ok().map(Timestamp)
}
