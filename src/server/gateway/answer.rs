//! Answers as ComfyUI gives them.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use proto::comfy::python_json;
use serde_json::{Map, Value, json};

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];

/// JSON that is text already.
pub(super) fn text(status: StatusCode, json: String) -> Response {
    (status, JSON, json).into_response()
}

pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    text(status, python_json(value))
}

pub(super) fn ok(value: &Value) -> Response {
    json(StatusCode::OK, value)
}

/// 200 with nothing: what ComfyUI answers where something is done.
pub(super) fn done() -> Response {
    empty(StatusCode::OK)
}

pub(super) fn empty(status: StatusCode) -> Response {
    (status, Body::empty()).into_response()
}

/// What ComfyUI's server answers to a body that it cannot read.
pub(super) fn trouble() -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::INTERNAL_SERVER_ERROR, plain, "500 Internal Server Error\n\nServer got itself in trouble").into_response()
}

/// Something of Darkroom's own is in the way, in the form of ComfyUI's refusals.
pub(super) fn unavailable(why: &str) -> Response {
    let error = json!({"type": "unavailable", "message": why, "details": "", "extra_info": {}});
    json(StatusCode::SERVICE_UNAVAILABLE, &json!({"error": error, "node_errors": {}}))
}

/// The object in a body, whatever its content type. `None`: there is none in it.
pub(super) fn object(body: &Bytes) -> Option<Map<String, Value>> {
    proto::comfy::parse_lenient(std::str::from_utf8(body).ok()?).ok()
}

/// `bool(value)` of Python.
pub(super) fn is_set(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
    }
}

/// The texts in a list.
pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
