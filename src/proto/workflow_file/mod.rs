//! Opens a file that should hold a workflow: JSON in any encoding and in what programs wrap around it, or a picture that ComfyUI made. What
//! cannot be opened is an error that says what it is instead, and what to do.
//!
//! Only the server and the command line need this (feature `files`): a page opens plain files itself, and gives others to the server.

mod error;
mod nodes;
mod parse;
mod picture;
mod text;
mod unwrap;

pub use error::FileError;

use serde_json::Value;

use crate::{comfy::Workflow, limits};

/// An opened workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedWorkflow {
    pub workflow: Workflow,
    /// The `extra_data` beside it, in the body of a `POST /prompt`; else null.
    pub extra_data: Value,
    /// What was left out or replaced, in words.
    pub notes: Vec<String>,
}

impl OpenedWorkflow {
    /// As a file that [`Workflow::parse`] reads: with extra data, the body of a `POST /prompt`.
    ///
    /// # Errors
    /// Never for these types; the signature is the encoder's.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        if self.extra_data.is_null() {
            return serde_json::to_string(&self.workflow);
        }
        serde_json::to_string(&serde_json::json!({"prompt": self.workflow, "extra_data": self.extra_data}))
    }
}

/// Opens the bytes of a file. A picture may be longer than [`limits::WORKFLOW`], and cut off after the part that describes it.
///
/// # Errors
/// See [`FileError`].
pub fn open(bytes: &[u8]) -> Result<OpenedWorkflow, FileError> {
    if picture::is_picture(bytes) { picture::open(bytes) } else { open_text(&text::decode(bytes)?) }
}

/// Opens text that should be JSON.
///
/// # Errors
/// See [`FileError`].
pub fn open_text(text: &str) -> Result<OpenedWorkflow, FileError> {
    if text.len() > limits::WORKFLOW {
        return Err(FileError::TooLarge(format!("{} MB, at most {} MB", text.len() >> 20, limits::WORKFLOW >> 20)));
    }
    open_json(parse::parse(text)?)
}

/// JSON that a program sent, with what had to be replaced to read it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedJson {
    value: Value,
    /// Numbers that JSON does not have are marked in `value`.
    has_marks: bool,
    notes: Vec<String>,
}

/// Parses a body that should be JSON, in any encoding.
///
/// # Errors
/// See [`FileError`].
pub fn parse_body(bytes: &[u8]) -> Result<ParsedJson, FileError> {
    parse::parse(&text::decode(bytes)?)
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
            parse::unmark(&mut self.value);
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
            parse::unmark(&mut extra_data);
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

/// Opens JSON that was parsed before.
///
/// # Errors
/// See [`FileError`].
pub fn open_json(json: ParsedJson) -> Result<OpenedWorkflow, FileError> {
    let extra_data = json.extra_data();
    let ParsedJson { value, has_marks, mut notes } = json;
    let unwrapped = unwrap::unwrap(value, has_marks, &mut notes)?;
    let workflow = nodes::read(unwrapped.nodes, unwrapped.has_marks, &mut notes)?;
    Ok(OpenedWorkflow { workflow, extra_data, notes })
}

#[cfg(test)]
mod tests;
