//! From text to the value of an input: its type comes from the value in the workflow, else from the class, else from its looks.

use serde_json::{Number, Value};

use crate::comfy::{InputKind, NumberRange};

/// Options listed in an error message.
const LISTED: usize = 20;

/// What a value of a workflow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiteralType {
    Text,
    /// `whole`: without a fraction, which an input for fractions may have too.
    Number {
        whole: bool,
    },
    Boolean,
    List,
    Object,
    /// A link to another node, null, or not there.
    Unknown,
}

impl LiteralType {
    #[must_use]
    pub fn of(value: Option<&Value>) -> Self {
        match value {
            Some(Value::String(_)) => Self::Text,
            Some(Value::Number(number)) => Self::Number { whole: !number.is_f64() },
            Some(Value::Bool(_)) => Self::Boolean,
            Some(value @ Value::Array(_)) if !is_link(value) => Self::List,
            Some(Value::Object(_)) => Self::Object,
            Some(Value::Array(_) | Value::Null) | None => Self::Unknown,
        }
    }

    /// The text as a value of this type.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Value> {
        let json = || serde_json::from_str(text).ok();
        match self {
            Self::Text => Some(Value::String(text.to_owned())),
            Self::Number { .. } => read_number(text).map(Value::Number),
            Self::Boolean => read_boolean(text),
            Self::List => json().filter(Value::is_array),
            Self::Object => json().filter(Value::is_object),
            Self::Unknown => None,
        }
    }

    /// What such a value is called in a message.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number { .. } => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list as JSON",
            Self::Object => "an object as JSON",
            Self::Unknown => "a value",
        }
    }
}

/// A list that ComfyUI reads as a link to another node: `["node id", slot]`.
#[must_use]
pub fn is_link(value: &Value) -> bool {
    matches!(value.as_array().map(Vec::as_slice), Some([Value::String(_), Value::Number(_)]))
}

/// The text as the class describes the input; an error is the type it takes. `None`: the description leaves it open.
#[must_use]
pub fn read_as(kind: &InputKind, text: &str) -> Option<Result<Value, String>> {
    let read = |value: Option<Value>, wanted: &str| Some(value.ok_or_else(|| wanted.to_owned()));
    match kind {
        InputKind::Number(NumberRange { whole: true, .. }) => {
            read(read_number(text).filter(|number| !number.is_f64()).map(Value::Number), "a whole number")
        }
        InputKind::Number(_) => read(read_number(text).map(Value::Number), "a number"),
        // A file that was just uploaded is not in the list yet: ComfyUI validates it.
        InputKind::Choice(_) | InputKind::Remote(_) | InputKind::Text { .. } => Some(Ok(Value::String(text.to_owned()))),
        InputKind::TypedChoice { texts, .. } => Some(kind.typed_choice(text).cloned().ok_or_else(|| one_of(texts))),
        InputKind::DynamicChoice(options) => {
            let keys: Vec<String> = options.iter().map(|option| option.key.clone()).collect();
            Some(if keys.iter().any(|key| key == text) { Ok(Value::String(text.to_owned())) } else { Err(one_of(&keys)) })
        }
        InputKind::Switch { .. } => read(read_boolean(text), "true or false"),
        InputKind::ManyOf(_) | InputKind::Autogrow(_) | InputKind::Other(_) => None,
    }
}

fn one_of(texts: &[String]) -> String {
    let more = if texts.len() > LISTED { " …" } else { "" };
    format!("one of {}{more}", texts.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", "))
}

/// A whole number as far as 64 bits go, else one with a fraction.
#[must_use]
pub fn read_number(text: &str) -> Option<Number> {
    let text = text.trim();
    let whole = text.parse::<u64>().ok().map(Number::from).or_else(|| text.parse::<i64>().ok().map(Number::from));
    // "inf" and "NaN" are numbers to Rust.
    let decimal = || text.parse::<f64>().ok().filter(|_| text.bytes().any(|byte| byte.is_ascii_digit())).and_then(Number::from_f64);
    whole.or_else(decimal)
}

/// Python's spelling too.
#[must_use]
pub fn read_boolean(text: &str) -> Option<Value> {
    match text.trim() {
        "true" | "True" => Some(Value::Bool(true)),
        "false" | "False" => Some(Value::Bool(false)),
        _ => None,
    }
}

/// JSON if it is JSON, else text.
#[must_use]
pub fn read_by_looks(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
