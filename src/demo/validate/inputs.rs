//! Validation of the inputs of one node: links, conversions, ranges, choices, and the checks of single classes.

use serde_json::{Map, Number, Value, json};

use super::check::{Check, Raised, Verdict};
use crate::{catalog::Input, python};

/// Longer choice lists are not quoted in messages, and `input_config` is then null (fact 31).
const QUOTABLE: usize = 20;
/// Deeper graphs raise `RecursionError` in Python too.
const MAX_DEPTH: usize = 900;

/// The problem of one input, and how the validation of the node continues.
enum Problem {
    /// Belongs to this node.
    Error(Value),
    /// An upstream node is invalid: its error is listed there.
    Upstream,
}

impl Check<'_> {
    /// Validates a node and all upstream nodes.
    pub(super) fn node(&mut self, id: &str) -> Result<Verdict, Raised> {
        if let Some(verdict) = self.known(id) {
            return Ok(verdict.clone());
        }
        let node = &self.graph[id];
        let class = python::str(&node["class_type"]);
        let Some(Value::Object(_)) = node.get("inputs") else {
            let source = "inputs = prompt[unique_id]['inputs']";
            return Err(Raised::new("KeyError", "'inputs'", source));
        };
        // A cycle is only "not valid", without an error (fact 31).
        if self.path.len() >= MAX_DEPTH || self.path.iter().any(|outer| outer == id) {
            return Ok(Verdict { valid: false, errors: Vec::new() });
        }
        self.path.push(id.to_owned());
        let checked = self.inputs(id, &class);
        self.path.pop();
        let verdict = checked?;
        Ok(self.conclude(id, verdict))
    }

    fn inputs(&mut self, id: &str, class: &str) -> Result<Verdict, Raised> {
        let catalog = self.catalog;
        let mut valid = true;
        let mut errors = Vec::new();
        for input in catalog.inputs(class) {
            let value = self.graph[id]["inputs"].get(input.name).cloned();
            let problem = match value {
                None if input.required => Err(Problem::Error(error(
                    "required_input_missing",
                    "Required input is missing",
                    input.name,
                    json!({"input_name": input.name}),
                ))),
                None => Ok(()),
                Some(Value::Array(link)) => self.link(&input, &link)?,
                Some(value) => self.widget(id, class, &input, value),
            };
            match problem {
                Ok(()) => {}
                Err(Problem::Error(error)) => errors.push(error),
                Err(Problem::Upstream) => valid = false,
            }
        }
        errors.extend(self.own_checks(id, class));
        valid &= errors.is_empty();
        Ok(Verdict { valid, errors })
    }

    fn link(&mut self, input: &Input<'_>, link: &[Value]) -> Result<Result<(), Problem>, Raised> {
        let [from, slot] = link else {
            return Ok(Err(Problem::Error(error(
                "bad_linked_input",
                "Bad linked input, must be a length-2 list of [node_id, slot_index]",
                input.name,
                json!({"input_name": input.name, "input_config": input.config, "received_value": link}),
            ))));
        };
        let Some(source) = from.as_str().and_then(|from| self.graph.get(from)) else {
            let line = "o_class_type = prompt[o_id]['class_type']";
            return Err(Raised::new("KeyError", python::repr(from), line));
        };
        let from = python::str(from);
        let class = python::str(&source["class_type"]);
        let Some(received) = slot.as_u64().and_then(|slot| self.catalog.output_type(&class, usize::try_from(slot).ok()?)) else {
            let line = "received_type = r[val[1]]";
            return Err(Raised::new("IndexError", "tuple index out of range", line));
        };
        if !accepts(input, received) {
            let expected = python::str(input.kind);
            return Ok(Err(Problem::Error(error(
                "return_type_mismatch",
                "Return type mismatch between linked nodes",
                &format!("{}, received_type({received}) mismatch input_type({expected})", input.name),
                json!({
                    "input_name": input.name,
                    "input_config": input.config,
                    "received_type": received,
                    "linked_node": link,
                }),
            ))));
        }
        match self.node(&from) {
            Ok(verdict) if verdict.valid => Ok(Ok(())),
            Ok(_) => Ok(Err(Problem::Upstream)),
            Err(raised) => {
                let mut info = Map::new();
                info.insert("input_name".to_owned(), input.name.into());
                info.insert("input_config".to_owned(), input.config.clone());
                info.insert("exception_message".to_owned(), raised.message.clone().into());
                info.extend(raised.extra_info());
                info.insert("linked_node".to_owned(), json!(link));
                let errors = vec![error(
                    "exception_during_inner_validation",
                    "Exception when validating inner node",
                    &raised.message,
                    Value::Object(info),
                )];
                self.conclude(&from, Verdict { valid: false, errors });
                Ok(Err(Problem::Upstream))
            }
        }
    }

    /// Converts a value in place (fact 34) and checks its range or choice.
    fn widget(&mut self, id: &str, class: &str, input: &Input<'_>, value: Value) -> Result<(), Problem> {
        let value = match value {
            Value::Object(mut wrapped) if wrapped.contains_key("__value__") => wrapped.remove("__value__").unwrap_or_default(),
            other => other,
        };
        let kind = input.kind.as_str().unwrap_or("COMBO");
        let value = convert(kind, &value).map_err(|message| {
            Problem::Error(error(
                "invalid_input_type",
                &format!("Failed to convert an input value to a {kind} value"),
                &format!("{}, {}, {message}", input.name, python::str(&value)),
                json!({
                    "input_name": input.name,
                    "input_config": input.config,
                    "received_value": value,
                    "exception_message": message,
                }),
            ))
        })?;
        self.graph[id]["inputs"][input.name] = value.clone();
        if checks_itself(class, input.name) {
            return Ok(());
        }
        in_range(input, &value)?;
        in_choices(input, &value)
    }

    /// `VALIDATE_INPUTS` of the classes that define it.
    fn own_checks(&self, id: &str, class: &str) -> Vec<Value> {
        let inputs = &self.graph[id]["inputs"];
        let custom = |name: &str, reason: &str| {
            let details = format!("{name} - {reason}");
            let info = json!({"input_name": name});
            error("custom_validation_failed", "Custom validation failed for node", &details, info)
        };
        let missing = |name: &str, kind: &str| match inputs[name].as_str() {
            Some(file) if self.folders.annotated(file).is_none() => vec![custom(name, &format!("Invalid {kind} file: {file}"))],
            _ => Vec::new(),
        };
        match class {
            "LoadImage" | "LoadImageMask" => missing("image", "image"),
            "LoadAudio" => missing("audio", "audio"),
            "LoadVideo" => missing("file", "video"),
            "TestCustomValidation5" => {
                let sevens = ["input1", "input2"].iter().any(|name| inputs[*name].as_f64() == Some(7.0));
                let reason = "7s are not allowed. I've never liked 7s.";
                let names = if sevens { &["input1", "input2"][..] } else { &[] };
                names.iter().map(|name| custom(name, reason)).collect()
            }
            "TestAsyncValidationError" => {
                let (value, max) = (inputs["value"].as_f64(), inputs["max_value"].as_f64());
                let reason = format!("Async validation failed: {} > {}", python::str(&inputs["value"]), python::str(&inputs["max_value"]));
                let names = if value > max { &["value", "max_value"][..] } else { &[] };
                names.iter().map(|name| custom(name, &reason)).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn error(kind: &str, message: &str, details: &str, extra_info: Value) -> Value {
    json!({"type": kind, "message": message, "details": details, "extra_info": extra_info})
}

/// Whether the class's own validation replaces the usual one for this input.
fn checks_itself(class: &str, input: &str) -> bool {
    matches!(class, "TestCustomValidation5" | "TestAsyncValidationError")
        || matches!((class, input), ("LoadImage" | "LoadImageMask", "image") | ("LoadAudio", "audio") | ("LoadVideo", "file"))
}

/// Types are comma-separated lists of names; `*` matches everything.
fn accepts(input: &Input<'_>, received: &str) -> bool {
    let Some(expected) = input.kind.as_str() else {
        // A choice list accepts a link from a node that outputs choices; this engine has none.
        return received == "*" || received == "COMBO";
    };
    if expected == "*" || received == "*" {
        return true;
    }
    let expected: Vec<&str> = expected.split(',').map(str::trim).collect();
    received.split(',').all(|kind| expected.contains(&kind.trim()))
}

fn in_range(input: &Input<'_>, value: &Value) -> Result<(), Problem> {
    let beyond = |limit: &str, kind: &str, words: &str, wrong: fn(f64, f64) -> bool| {
        let Some(bound) = input.option(limit) else {
            return Ok(());
        };
        match (value.as_f64(), bound.as_f64()) {
            (Some(number), Some(edge)) if wrong(number, edge) => Err(Problem::Error(error(
                kind,
                &format!("Value {value} {words} of {bound}"),
                input.name,
                json!({"input_name": input.name, "input_config": input.config, "received_value": value}),
            ))),
            _ => Ok(()),
        }
    };
    beyond("min", "value_smaller_than_min", "smaller than min", |number, edge| number < edge)?;
    beyond("max", "value_bigger_than_max", "bigger than max", |number, edge| number > edge)
}

fn in_choices(input: &Input<'_>, value: &Value) -> Result<(), Problem> {
    let Some(choices) = input.choices() else {
        return Ok(());
    };
    if choices.contains(value) {
        return Ok(());
    }
    let (list, config) = if choices.len() > QUOTABLE {
        (format!("(list of length {})", choices.len()), &Value::Null)
    } else {
        (python::repr(&json!(choices)), input.config)
    };
    Err(Problem::Error(error(
        "value_not_in_list",
        "Value not in list",
        &format!("{}: '{}' not in {list}", input.name, python::str(value)),
        json!({"input_name": input.name, "input_config": config, "received_value": value}),
    )))
}

/// `int(value)`, `float(value)`, `str(value)` or `bool(value)`; the error is Python's message.
fn convert(kind: &str, value: &Value) -> Result<Value, String> {
    match kind {
        "INT" => to_int(value),
        "FLOAT" => to_float(value),
        "STRING" => Ok(Value::String(python::str(value))),
        "BOOLEAN" => Ok(Value::Bool(proto::comfy::is_truthy(value))),
        _ => Ok(value.clone()),
    }
}

fn to_int(value: &Value) -> Result<Value, String> {
    match value {
        Value::Number(number) if number.is_u64() || number.is_i64() => Ok(value.clone()),
        Value::Number(number) => Ok(from_truncated(number.as_f64().unwrap_or(0.0))),
        Value::Bool(flag) => Ok(u8::from(*flag).into()),
        Value::String(text) => {
            let trimmed = text.trim();
            let number = trimmed.parse::<i64>().map(Value::from);
            number
                .or_else(|_| trimmed.parse::<u64>().map(Value::from))
                .map_err(|_| format!("invalid literal for int() with base 10: {}", python::repr(value)))
        }
        other => Err(format!("int() argument must be a string, a bytes-like object or a real number, not '{}'", type_name(other))),
    }
}

fn to_float(value: &Value) -> Result<Value, String> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) => {
            Some(text.trim().parse().map_err(|_| format!("could not convert string to float: {}", python::repr(value)))?)
        }
        other => {
            return Err(format!("float() argument must be a string or a real number, not '{}'", type_name(other)));
        }
    };
    Ok(number.and_then(Number::from_f64).map_or(Value::Null, Value::Number))
}

/// A truncated float as an integer, if it fits.
fn from_truncated(number: f64) -> Value {
    let text = format!("{:.0}", number.trunc());
    text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).unwrap_or_else(|_| number.trunc().into())
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(_) => "float",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_as_python_does() {
        assert_eq!(convert("FLOAT", &json!("0.25")), Ok(json!(0.25)));
        assert_eq!(convert("INT", &json!("16")), Ok(json!(16)));
        assert_eq!(convert("INT", &json!(16.9)), Ok(json!(16)));
        assert_eq!(convert("INT", &json!(true)), Ok(json!(1)));
        assert_eq!(convert("INT", &json!(u64::MAX)), Ok(json!(u64::MAX)));
        assert_eq!(convert("INT", &json!("twenty")), Err("invalid literal for int() with base 10: 'twenty'".to_owned()));
    }
}
