//! JSON of other programs.

use serde_json::{Map, Value};

use crate::comfy::{mark_numbers, parse_lenient};

/// The object in a text. Python's `NaN` is read, too.
pub(super) fn object(text: &str) -> Option<Map<String, Value>> {
    if !text.trim_start().starts_with('{') || text.len() > crate::limits::WORKFLOW {
        return None;
    }
    let value = serde_json::from_str(text).or_else(|_| parse_lenient(&mark_numbers(text))).ok()?;
    if let Value::Object(object) = value { Some(object) } else { None }
}

/// A number or a text as text. `None`: anything else.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Any value for people.
pub(super) fn shown(value: &Value) -> String {
    text(value).unwrap_or_else(|| value.to_string())
}

/// It says nothing: null, false, empty.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty() || text == "false",
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
