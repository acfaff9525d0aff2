//! Finds the nodes inside the wrappers that programs use: bodies of `POST /prompt`, entries of the queue and the history, exports of the editor,
//! JSON inside a text.

use serde_json::{Map, Value};

use super::{FileError, parse};
use crate::editor::is_editor_file;

/// Wrappers inside wrappers.
const DEPTH: usize = 8;
/// Names and characters shown of what is no workflow.
const SHOWN_KEYS: usize = 5;
const SHOWN_TEXT: usize = 300;

pub(super) enum Unwrapped {
    Nodes {
        nodes: Map<String, Value>,
        has_marks: bool,
    },
    /// A file in the editor's format.
    Editor {
        file: Value,
        has_marks: bool,
    },
}

/// # Errors
/// It holds no workflow, or several.
pub(super) fn unwrap(mut value: Value, mut has_marks: bool, notes: &mut Vec<String>) -> Result<Unwrapped, FileError> {
    for _ in 0..DEPTH {
        value = match value {
            Value::String(text) => {
                let inner = parse::parse(&text)?;
                has_marks |= inner.has_marks;
                notes.extend(inner.notes);
                inner.value
            }
            Value::Array(items) => from_list(items)?,
            Value::Object(object) if is_workflow(&object) => return Ok(Unwrapped::Nodes { nodes: object, has_marks }),
            file @ Value::Object(_) if is_editor_file(&file) => return Ok(Unwrapped::Editor { file, has_marks }),
            Value::Object(object) => from_object(object)?,
            Value::Null => return Err(FileError::NotAWorkflow("it is null".into())),
            Value::Bool(_) | Value::Number(_) => return Err(FileError::NotAWorkflow("it is a single value".into())),
        };
    }
    Err(FileError::NotAWorkflow("it is wrapped too often".into()))
}

/// At least one member looks like a node.
fn is_workflow(object: &Map<String, Value>) -> bool {
    let is_node = |value: &Value| value.get("class_type").is_some();
    let is_broken_node = |(id, value): (&String, &Value)| is_number(id) && value.get("inputs").is_some_and(Value::is_object);
    object.values().any(is_node) || object.iter().any(is_broken_node)
}

pub(super) fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn from_list(mut items: Vec<Value>) -> Result<Value, FileError> {
    // An entry of ComfyUI's queue: number, id, workflow, extra data, outputs.
    if let [Value::Number(_), Value::String(_), Value::Object(_), ..] = items.as_slice() {
        return Ok(items.swap_remove(2));
    }
    match items.len() {
        0 => Err(FileError::NoNodes),
        1 => Ok(items.swap_remove(0)),
        count if items.iter().all(|item| item.is_object() || item.is_array()) => {
            Err(FileError::Several { count, what: "things in a list" })
        }
        _ => Err(FileError::NotAWorkflow("it is a list of values".into())),
    }
}

fn from_object(mut object: Map<String, Value>) -> Result<Value, FileError> {
    if object.is_empty() {
        return Err(FileError::NoNodes);
    }
    if object.contains_key("queue_running") || object.contains_key("queue_pending") {
        let entries = ["queue_running", "queue_pending"].into_iter().filter_map(|name| object.shift_remove(name));
        let mut entries: Vec<Value> =
            entries.filter_map(|entries| if let Value::Array(all) = entries { Some(all) } else { None }).flatten().collect();
        return match entries.len() {
            0 => Err(FileError::NotAWorkflow("it is ComfyUI's queue, which is empty".into())),
            1 => Ok(entries.swap_remove(0)),
            count => Err(FileError::Several { count, what: "prompts of ComfyUI's queue" }),
        };
    }
    if let Some(message) = error_message(&object) {
        return Err(FileError::ServerError(message));
    }
    // "output": the editor's own pair of both formats; "input": the request of a RunPod worker.
    for name in ["prompt", "output", "workflow", "input"] {
        if object.get(name).is_some_and(is_container)
            && let Some(inner) = object.shift_remove(name)
        {
            return Ok(inner);
        }
    }
    if object.values().any(|value| value.get("input").is_some() && value.get("display_name").is_some()) {
        return Err(FileError::NodeClasses);
    }
    // The history, by id.
    if object.values().all(|entry| entry.get("prompt").is_some()) {
        return match object.len() {
            1 => Ok(object.into_iter().next().map(|(_, entry)| entry).unwrap_or_default()),
            count => Err(FileError::Several { count, what: "prompts of ComfyUI's history" }),
        };
    }
    let names: Vec<String> = object.keys().take(SHOWN_KEYS).map(|name| format!("\"{name}\"")).collect();
    let more = if object.len() > SHOWN_KEYS { ", …" } else { "" };
    Err(FileError::NotAWorkflow(format!("it has {}{more}, and no nodes", names.join(", "))))
}

/// It may hold a workflow. A text is JSON inside JSON, or a prompt of another program.
fn is_container(value: &Value) -> bool {
    match value {
        Value::Object(object) => !object.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => text.trim_start().starts_with(['{', '[']),
        _ => false,
    }
}

/// ComfyUI's own shape, and that of most other servers.
fn error_message(object: &Map<String, Value>) -> Option<String> {
    let text = |value: &Value| value.as_str().or_else(|| value.get("message")?.as_str()).map(str::to_owned);
    let by = |name: &str| object.get(name).and_then(text);
    let message = by("error").or_else(|| by("detail")).or_else(|| by("message").filter(|_| object.len() <= 4))?;
    Some(message.chars().take(SHOWN_TEXT).collect())
}
