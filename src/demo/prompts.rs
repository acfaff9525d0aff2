//! `POST /prompt`: from a request body to a queue entry.

use std::sync::Arc;

use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use super::{
    app::App,
    engine::Engine,
    pace,
    prompt::Prompt,
    python,
    random::random_id,
    validate::{self, Invalid},
};

pub(super) async fn submit(State(app): State<Arc<App>>, body: Bytes) -> Response {
    accept(&app.engine, &body).unwrap_or_else(python::trouble)
}

/// Queues the prompt; `None` where Python raises (fact 33).
fn accept(engine: &Engine, body: &[u8]) -> Option<Response> {
    let mut body: Value = serde_json::from_slice(body).ok()?;
    let body = body.as_object_mut()?;
    let number = match body.get("number") {
        Some(number) => json!(to_float(number)?),
        None => json!(engine.queue.next_number(body.get("front").is_some_and(proto::comfy::is_truthy))),
    };
    let Some(prompt) = body.remove("prompt") else {
        let error = json!({
            "type": "no_prompt",
            "message": "No prompt provided",
            "details": "No prompt provided",
            "extra_info": {},
        });
        return Some(reject(&error, &json!({})));
    };
    let mut graph = match prompt {
        Value::Object(graph) => graph,
        Value::Array(list) if list.is_empty() => Map::new(),
        _ => return None,
    };
    // Neither checked nor unique (fact 38).
    let id = match body.get("prompt_id") {
        Some(id) => python::str(id),
        None => random_id().to_string(),
    };
    let targets = body.get("partial_execution_targets");
    let valid = match validate::validate(&engine.catalog, &engine.folders, &mut graph, targets) {
        Ok(valid) => valid,
        Err(Invalid::Rejected(rejection)) => {
            return Some(reject(&rejection.error, &rejection.node_errors));
        }
        Err(Invalid::Raised) => return None,
    };
    let mut extra_data = match body.remove("extra_data") {
        Some(Value::Object(extra_data)) => extra_data,
        Some(_) => return None,
        None => Map::new(),
    };
    if let Some(client) = body.remove("client_id") {
        extra_data.insert("client_id".to_owned(), client);
    }
    extra_data.insert("create_time".to_owned(), pace::now_ms().into());
    let answer = json!({"prompt_id": id, "number": number, "node_errors": valid.node_errors});
    let prompt = Prompt { number, id, graph, extra_data, outputs: valid.outputs };
    engine.queue.put(prompt, &engine.sockets).then(|| python::ok(&answer))
}

fn reject(error: &Value, node_errors: &Value) -> Response {
    python::json(StatusCode::BAD_REQUEST, &json!({"error": error, "node_errors": node_errors}))
}

/// `float(number)`.
fn to_float(number: &Value) -> Option<f64> {
    match number {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        _ => None,
    }
}
