//! JSON as programs write it: also Python's `NaN` and `Infinity`, and halves of surrogate pairs. Errors quote the text and its line.

use serde_json::{Value, error::Category};

use super::FileError;
use crate::comfy::{mark_numbers, parse_lenient};

/// JSON that a program sent, with what had to be replaced to read it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedJson {
    pub(super) value: Value,
    /// Numbers that JSON does not have are marked in `value`.
    pub(super) has_marks: bool,
    pub(super) notes: Vec<String>,
}

impl From<Value> for ParsedJson {
    fn from(value: Value) -> Self {
        Self { value, has_marks: false, notes: Vec::new() }
    }
}

impl ParsedJson {
    /// The value of a member of the object, and the object without it. Numbers that JSON does not have are null in what is left.
    #[must_use]
    pub fn split_off(mut self, member: &str) -> (Value, Option<Self>) {
        let part = self.value.as_object_mut().and_then(|object| object.shift_remove(member));
        let part = part.map(|value| Self { value, has_marks: self.has_marks, notes: std::mem::take(&mut self.notes) });
        if self.has_marks {
            unmark(&mut self.value);
        }
        (self.value, part)
    }

    /// It is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.value.is_object()
    }

    /// The `extra_data` of the body of a `POST /prompt`; else null.
    #[must_use]
    pub fn extra_data(&self) -> Value {
        let is_body = self.value.get("prompt").is_some_and(Value::is_object);
        let mut extra_data = self.value.get("extra_data").filter(|_| is_body).cloned().unwrap_or_default();
        if self.has_marks {
            unmark(&mut extra_data);
        }
        extra_data
    }

    /// It is a number, a boolean or null: never a workflow.
    #[must_use]
    pub fn is_single_value(&self) -> bool {
        self.value.is_number() || self.value.is_boolean() || self.value.is_null()
    }

    /// It is a text, such as the name of a built-in workflow.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.value.as_str()
    }
}

/// Characters shown of the place where the text is not JSON, and of a text that is none at all.
const EXCERPT: usize = 24;
/// Precedes the word for a number that JSON does not have.
const MARK: char = '\0';

/// # Errors
/// Not JSON.
pub(super) fn parse(text: &str) -> Result<ParsedJson, FileError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let first = match serde_json::from_str(text) {
        Ok(value) => return Ok(ParsedJson { value, has_marks: false, notes: Vec::new() }),
        Err(first) => first,
    };
    if text.starts_with('<') {
        return Err(FileError::WebPage);
    }
    let marked = mark_numbers(text);
    let value: Value = parse_lenient(&marked).map_err(|error| not_json(text, if marked == text { &first } else { &error }))?;
    let mut notes = Vec::new();
    if serde_json::from_str::<Value>(&marked).is_err() {
        notes.push("A broken character of a text was replaced by \u{fffd}.".to_owned());
    }
    Ok(ParsedJson { value, has_marks: marked != text, notes })
}

fn not_json(text: &str, error: &serde_json::Error) -> FileError {
    let is_json_like = text.starts_with(['{', '[', '"']);
    if !is_json_like {
        return FileError::Text(excerpt(text));
    }
    if text.starts_with("{'") || text.starts_with("[{'") || text.starts_with("[('") {
        return FileError::Python;
    }
    if error.classify() == Category::Eof {
        return FileError::CutOff;
    }
    let line = error.line().max(1);
    // A column counts bytes, and may be in the middle of a character.
    let read = text.lines().nth(line - 1).unwrap_or_default();
    let mut at = error.column().saturating_sub(1).min(read.len());
    while !read.is_char_boundary(at) {
        at -= 1;
    }
    let message = error.to_string();
    let why = message.split(" at line ").next().unwrap_or_default().to_owned();
    FileError::NotJson { line, at: excerpt(read.get(at..).unwrap_or_default()), why }
}

fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(EXCERPT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The first number that JSON does not have, such as "NaN".
pub(super) fn find_mark(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => text.strip_prefix(MARK).filter(|word| ["NaN", "Infinity", "-Infinity"].contains(word)),
        Value::Array(items) => items.iter().find_map(find_mark),
        Value::Object(members) => members.values().find_map(find_mark),
        _ => None,
    }
}

/// Replaces those numbers by null.
pub(super) fn unmark(value: &mut Value) {
    match value {
        Value::String(_) if find_mark(value).is_some() => *value = Value::Null,
        Value::Array(items) => items.iter_mut().for_each(unmark),
        Value::Object(members) => members.values_mut().for_each(unmark),
        _ => {}
    }
}
