//! The body of a `POST /prompt`.

use serde_json::{Map, Number, Value};

use super::refusal::simple_rejection;
use crate::comfy::{Rejection, is_truthy, parse_lenient};

/// What a client of ComfyUI submits. Members that are not read here are kept for ComfyUI.
#[derive(Clone, Debug, PartialEq)]
pub struct SubmittedBody {
    /// The workflow in API format.
    pub prompt: Map<String, Value>,
    /// The client's own id for it; any text in ComfyUI 0.8.0.
    pub prompt_id: Option<String>,
    /// The socket that gets its messages.
    pub client_id: Option<String>,
    pub number: GivenNumber,
    pub extra_data: Value,
    /// All other members, such as `partial_execution_targets`.
    pub beside: Map<String, Value>,
}

/// The place in the queue that a client asks for: the lowest number is next.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenNumber {
    /// After all that are there.
    Last,
    /// Before all that are there: the negative of the next number.
    Front,
    /// This one.
    Own(Number),
}

/// Why a body cannot be used.
#[derive(Clone, Debug)]
pub enum BodyError {
    /// ComfyUI's server fails with it (500).
    Unreadable,
    /// ComfyUI refuses it (400).
    Refused(Box<Rejection>),
}

impl SubmittedBody {
    /// Reads a body, whatever its content type says.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub fn parse(text: &str) -> Result<Self, BodyError> {
        let mut body: Map<String, Value> = parse_lenient(text).map_err(|_| BodyError::Unreadable)?;
        let number = match body.shift_remove("number") {
            Some(number) => GivenNumber::Own(float(&number).ok_or(BodyError::Unreadable)?),
            None if body.get("front").is_some_and(is_truthy) => GivenNumber::Front,
            None => GivenNumber::Last,
        };
        body.shift_remove("front");
        let refused = |kind, message: &str, details: &str| BodyError::Refused(Box::new(simple_rejection(kind, message, details)));
        let prompt = match body.shift_remove("prompt") {
            Some(Value::Object(prompt)) => prompt,
            // Python finds no node in these either.
            Some(Value::Array(nodes)) if nodes.is_empty() => Map::new(),
            Some(Value::String(nodes)) if nodes.is_empty() => Map::new(),
            Some(_) => return Err(BodyError::Unreadable),
            None => return Err(refused("no_prompt", "No prompt provided", "No prompt provided")),
        };
        if prompt.is_empty() {
            return Err(refused("prompt_no_outputs", "Prompt has no outputs", ""));
        }
        let classless = prompt.iter().find(|(_, node)| !node.get("class_type").is_some_and(Value::is_string));
        if let Some((id, _)) = classless {
            let message = "Cannot execute because a node is missing the class_type property.";
            return Err(refused("invalid_prompt", message, &format!("Node ID '#{id}'")));
        }
        let text = |value: Option<Value>| match value {
            Some(Value::String(text)) => Some(text),
            None | Some(Value::Null) => None,
            Some(other) => Some(other.to_string()),
        };
        let extra_data = body.shift_remove("extra_data").unwrap_or_default();
        let client_id = body.shift_remove("client_id").or_else(|| extra_data.get("client_id").cloned());
        Ok(Self {
            prompt,
            prompt_id: text(body.shift_remove("prompt_id")).filter(|id| !id.is_empty()),
            client_id: text(client_id),
            number,
            extra_data,
            beside: body,
        })
    }
}

/// `float(value)` of Python.
fn float(value: &Value) -> Option<Number> {
    let float = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        _ => return None,
    };
    Number::from_f64(float)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refusal(body: &Value) -> String {
        match SubmittedBody::parse(&body.to_string()) {
            Err(BodyError::Refused(rejection)) => rejection.error.kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_read_is_kept_for_comfyui() {
        let node = json!({"1": {"class_type": "A", "inputs": {}}});
        let body = json!({"prompt": node, "client_id": "c", "prompt_id": null, "number": 5, "front": true, "partial_execution_targets": ["1"],
            "extra_data": {"x": 1}, "later": {"y": 2}});
        let read = SubmittedBody::parse(&body.to_string()).unwrap();
        assert_eq!((read.prompt_id, read.client_id.as_deref()), (None, Some("c")));
        assert_eq!(read.number, GivenNumber::Own(Number::from_f64(5.0).unwrap()), "a number of its own goes before front");
        assert_eq!(Value::Object(read.beside), json!({"partial_execution_targets": ["1"], "later": {"y": 2}}));
        assert_eq!(read.extra_data, json!({"x": 1}));
    }

    #[test]
    fn the_client_may_be_named_in_the_extra_data() {
        let client = |body: Value| {
            let body = json!({"prompt": {"1": {"class_type": "A"}}, "client_id": body["client_id"], "extra_data": {"client_id": "extra"}});
            SubmittedBody::parse(&body.to_string()).unwrap().client_id
        };
        assert_eq!(client(json!({"client_id": "c"})).as_deref(), Some("c"));
        assert_eq!(client(json!({"client_id": null})), None, "said to be none");
        let body = json!({"prompt": {"1": {"class_type": "A"}}, "extra_data": {"client_id": "extra"}});
        assert_eq!(SubmittedBody::parse(&body.to_string()).unwrap().client_id.as_deref(), Some("extra"));
    }

    #[test]
    fn front_counts_as_python_counts_it() {
        for (front, number) in [(json!(true), GivenNumber::Front), (json!(1), GivenNumber::Front), (json!(0), GivenNumber::Last)] {
            let body = json!({"prompt": {"1": {"class_type": "A"}}, "front": front});
            assert_eq!(SubmittedBody::parse(&body.to_string()).unwrap().number, number);
        }
    }

    #[test]
    fn a_body_without_a_workflow_is_refused_as_comfyui_does() {
        assert_eq!(refusal(&json!({})), "no_prompt");
        for nothing in [json!({}), json!([]), json!("")] {
            assert_eq!(refusal(&json!({"prompt": nothing})), "prompt_no_outputs");
        }
        assert_eq!(refusal(&json!({"prompt": {"1": {"inputs": {}}}})), "invalid_prompt");
        assert!(matches!(SubmittedBody::parse("[1]"), Err(BodyError::Unreadable)));
        assert!(matches!(SubmittedBody::parse("{\"prompt\": 3}"), Err(BodyError::Unreadable)));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[\\[\\]{}\":,0-9a-z_ ]{0,60}") {
            let _ = SubmittedBody::parse(&text);
            let _ = SubmittedBody::parse(&format!("{{\"prompt\": {text}}}"));
        }
    }
}
