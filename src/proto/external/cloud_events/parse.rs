//! Reading events, with an error that names the attribute.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{error::CloudEventError, event::CloudEvent};
use crate::{external::fields::cut, limits};

/// Reads one event.
///
/// # Errors
/// The first attribute that is wrong.
pub fn parse_structured(json: Value) -> Result<CloudEvent, CloudEventError> {
    let Value::Object(mut json) = json else {
        return Err(CloudEventError::new(
            "",
            "an event is a JSON object; several are a list of them, as application/cloudevents-batch+json",
        ));
    };
    match json.remove("specversion") {
        Some(Value::String(version)) if version == "1.0" => {}
        Some(other) => return Err(CloudEventError::new("specversion", format!("it must be \"1.0\", not {}", shown(&other)))),
        None => return Err(CloudEventError::new("specversion", "it is missing; send \"1.0\"")),
    }
    let event = CloudEvent {
        id: required(&mut json, "id")?,
        source: required(&mut json, "source")?,
        kind: required(&mut json, "type")?,
        subject: optional(&mut json, "subject")?,
        time: optional(&mut json, "time")?,
        datacontenttype: optional(&mut json, "datacontenttype")?,
        dataschema: optional(&mut json, "dataschema")?,
        data: json.remove("data").filter(|data| !data.is_null()),
        data_base64: optional(&mut json, "data_base64")?,
        extensions: extensions(json)?,
    };
    if event.source.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(CloudEventError::new("source", "it must be a URI reference, such as /render/node-3, without blanks"));
    }
    if let Some(time) = &event.time
        && time.parse::<jiff::Timestamp>().is_err()
    {
        return Err(CloudEventError::new("time", "it must be a time of RFC 3339 with its zone, such as 2026-01-31T12:00:00Z"));
    }
    if let Some(data) = &event.data_base64 {
        if event.data.is_some() {
            return Err(CloudEventError::new("data_base64", "an event has either data or data_base64"));
        }
        if STANDARD.decode(data).is_err() {
            return Err(CloudEventError::new("data_base64", "it is no base64"));
        }
    }
    Ok(event)
}

/// Reads a list of events.
///
/// # Errors
/// The first thing that is wrong, with the place of its event. None of them is to be taken then.
pub fn parse_batch(json: Value) -> Result<Vec<CloudEvent>, CloudEventError> {
    let Value::Array(events) = json else {
        return Err(CloudEventError::new("", "a batch is a JSON array of events; one event is application/cloudevents+json"));
    };
    if events.len() > limits::CLOUD_EVENTS {
        let problem = format!("a batch has at most {} events, this one {}; send several", limits::CLOUD_EVENTS, events.len());
        return Err(CloudEventError::new("", problem));
    }
    let numbered = events.into_iter().enumerate();
    numbered.map(|(index, event)| parse_structured(event).map_err(|error| CloudEventError { index: Some(index), ..error })).collect()
}

fn required(json: &mut Map<String, Value>, name: &str) -> Result<String, CloudEventError> {
    optional(json, name)?.ok_or_else(|| CloudEventError::new(name, "it is missing; every event has id, source, specversion and type"))
}

fn optional(json: &mut Map<String, Value>, name: &str) -> Result<Option<String>, CloudEventError> {
    match json.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Err(CloudEventError::new(name, "it must not be empty")),
        Some(Value::String(text)) if name != "data_base64" && text.len() > limits::CLOUD_EVENT_ATTRIBUTE => {
            Err(CloudEventError::new(name, format!("it has more than {} bytes", limits::CLOUD_EVENT_ATTRIBUTE)))
        }
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(CloudEventError::new(name, format!("it must be a text, not {}", shown(&other)))),
    }
}

/// What is left are attributes of extensions.
fn extensions(json: Map<String, Value>) -> Result<Map<String, Value>, CloudEventError> {
    if json.len() > limits::CLOUD_EVENT_EXTENSIONS {
        return Err(CloudEventError::new("", format!("it has more than {} other attributes", limits::CLOUD_EVENT_EXTENSIONS)));
    }
    for (name, value) in &json {
        if name.is_empty() || name.len() > 20 || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            let problem = "names of attributes have up to 20 small letters and digits; what belongs to the event itself goes into data";
            return Err(CloudEventError::new(name, problem));
        }
        let fits = match value {
            Value::String(text) => text.len() <= limits::CLOUD_EVENT_ATTRIBUTE,
            Value::Bool(_) | Value::Null => true,
            Value::Number(number) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Value::Array(_) | Value::Object(_) => false,
        };
        if !fits {
            let problem = format!(
                "an attribute is a text of at most {} bytes, a truth value or a whole number of 32 bits, not {}; other things go into data",
                limits::CLOUD_EVENT_ATTRIBUTE,
                shown(value)
            );
            return Err(CloudEventError::new(name, problem));
        }
    }
    Ok(json)
}

fn shown(value: &Value) -> String {
    match cut(&value.to_string(), 60) {
        (text, false) => text,
        (text, true) => format!("{text}…"),
    }
}
