//! `/api/jobs`: queue and history as one list (fact 43).

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{app::App, prompt::Prompt, python};

const STATUSES: [&str; 4] = ["pending", "in_progress", "completed", "failed"];

#[derive(Deserialize)]
pub(super) struct JobsParams {
    status: Option<String>,
    workflow_id: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
}

pub(super) async fn list(State(app): State<Arc<App>>, Query(params): Query<JobsParams>) -> Response {
    match page(&app, &params) {
        Ok(page) => python::ok(&page),
        Err(message) => python::json(StatusCode::BAD_REQUEST, &json!({"error": message})),
    }
}

fn page(app: &App, params: &JobsParams) -> Result<Value, String> {
    let statuses = statuses(params.status.as_deref())?;
    let by_duration = match params.sort_by.as_deref().unwrap_or("created_at") {
        "created_at" => false,
        "execution_duration" => true,
        _ => return Err("sort_by must be 'created_at' or 'execution_duration'".to_owned()),
    };
    let ascending = match params.sort_order.as_deref().unwrap_or("desc") {
        "asc" => true,
        "desc" => false,
        _ => return Err("sort_order must be 'asc' or 'desc'".to_owned()),
    };
    let limit = match &params.limit {
        None => None,
        Some(text) => match text.parse::<i64>() {
            Ok(limit @ 1..) => usize::try_from(limit).ok(),
            Ok(_) => return Err("limit must be a positive integer".to_owned()),
            Err(_) => return Err("limit must be an integer".to_owned()),
        },
    };
    let offset = match &params.offset {
        None => 0,
        Some(text) => match text.parse::<i64>() {
            Ok(offset) => usize::try_from(offset).unwrap_or(0),
            Err(_) => return Err("offset must be an integer".to_owned()),
        },
    };
    let mut jobs = all(app);
    jobs.retain(|job| {
        let wanted = statuses.iter().any(|status| job["status"] == *status);
        wanted && params.workflow_id.as_ref().is_none_or(|id| job["workflow_id"] == **id)
    });
    let key = |job: &Value| {
        let time = |name: &str| job[name].as_u64().unwrap_or(0);
        if by_duration { time("execution_end_time").saturating_sub(time("execution_start_time")) } else { time("create_time") }
    };
    jobs.sort_by_key(key);
    if !ascending {
        // Stable, like Python's `sort(reverse=True)`.
        jobs.sort_by_key(|job| std::cmp::Reverse(key(job)));
    }
    let total = jobs.len();
    let end = limit.map_or(total, |limit| offset.saturating_add(limit));
    let jobs: Vec<Value> = jobs.into_iter().skip(offset).take(limit.unwrap_or(usize::MAX)).collect();
    Ok(json!({
        "jobs": jobs,
        "pagination": {"offset": offset, "limit": limit, "total": total, "has_more": end < total},
    }))
}

fn statuses(wanted: Option<&str>) -> Result<Vec<&str>, String> {
    let Some(wanted) = wanted else {
        return Ok(STATUSES.to_vec());
    };
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let unknown: Vec<&str> = wanted.iter().copied().filter(|word| !STATUSES.contains(word)).collect();
    if unknown.is_empty() {
        return Ok(wanted);
    }
    Err(format!("Invalid status value(s): {}. Valid values: {}", unknown.join(", "), STATUSES.join(", ")))
}

fn all(app: &App) -> Vec<Value> {
    let snapshot = app.engine.queue.snapshot();
    let running = snapshot.running.iter().map(|prompt| waiting(prompt, "in_progress"));
    let pending = snapshot.pending.iter().map(|prompt| waiting(prompt, "pending"));
    let history = snapshot.history.iter().map(|(id, entry)| finished(id, entry));
    running.chain(pending).chain(history).collect()
}

/// Looks in the history first, then at the running prompt, then at the pending ones (fact 38).
pub(super) async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let snapshot = app.engine.queue.snapshot();
    if let Some(entry) = snapshot.history.get(&id) {
        let mut job = finished(&id, entry);
        job["outputs"] = entry["outputs"].clone();
        job["execution_status"] = entry["status"].clone();
        job["workflow"] = json!({"prompt": entry["prompt"][2], "extra_data": entry["prompt"][3]});
        return python::ok(&job);
    }
    let find = |prompts: &[Prompt], status| {
        let prompt = prompts.iter().find(|prompt| prompt.id == id)?;
        Some(waiting(prompt, status))
    };
    find(&snapshot.running, "in_progress")
        .or_else(|| find(&snapshot.pending, "pending"))
        .map_or_else(|| python::json(StatusCode::NOT_FOUND, &json!({"error": "Job not found"})), |job| python::ok(&job))
}

/// ComfyUI 0.26's atomic cancel of one prompt, pending or running; answers 200 also when it is neither. (From
/// its source, not recorded.)
pub(super) async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let engine = &app.engine;
    python::ok(&json!({"cancelled": engine.queue.cancel(&id, &engine.pace, &engine.sockets)}))
}

fn waiting(prompt: &Prompt, status: &str) -> Value {
    let extra_data = Value::Object(prompt.extra_data.clone());
    without_nulls(json!({
        "id": prompt.id,
        "status": status,
        "priority": prompt.number,
        "create_time": extra_data["create_time"],
        "outputs_count": 0,
        "workflow_id": workflow_id(&extra_data),
    }))
}

fn finished(id: &str, entry: &Value) -> Value {
    let status = &entry["status"];
    let message = |wanted: &[&str]| {
        let messages = status["messages"].as_array()?;
        messages.iter().find(|message| wanted.iter().any(|kind| message[0] == *kind)).map(|message| &message[1])
    };
    let error = message(&["execution_error"]);
    let end = message(&["execution_success", "execution_error", "execution_interrupted"]);
    let (count, preview) = summary(&entry["outputs"]);
    without_nulls(json!({
        "id": id,
        "status": if status["status_str"] == "success" { "completed" } else { "failed" },
        "priority": entry["prompt"][0],
        "create_time": entry["prompt"][3]["create_time"],
        "execution_start_time": message(&["execution_start"]).map(|message| &message["timestamp"]),
        "execution_end_time": end.map(|message| &message["timestamp"]),
        "execution_error": error,
        "outputs_count": count,
        "preview_output": preview,
        "workflow_id": workflow_id(&entry["prompt"][3]),
    }))
}

/// The number of files, and the first one of type output, or else the first.
fn summary(outputs: &Value) -> (usize, Option<Value>) {
    let mut count = 0;
    let mut first = None;
    let mut first_output = None;
    for (node, output) in outputs.as_object().into_iter().flatten() {
        for (media, files) in output.as_object().into_iter().flatten() {
            // `animated` and `text` contain no files.
            for file in files.as_array().into_iter().flatten().filter_map(Value::as_object) {
                count += 1;
                if !matches!(media.as_str(), "images" | "video" | "audio") {
                    continue;
                }
                let described = || {
                    let mut file = file.clone();
                    file.insert("nodeId".to_owned(), node.clone().into());
                    file.insert("mediaType".to_owned(), media.clone().into());
                    Value::Object(file)
                };
                if file.get("type").is_some_and(|kind| kind == "output") {
                    first_output.get_or_insert_with(described);
                }
                first.get_or_insert_with(described);
            }
        }
    }
    (count, first_output.or(first))
}

fn workflow_id(extra_data: &Value) -> Option<&Value> {
    extra_data.pointer("/extra_pnginfo/workflow/id")
}

fn without_nulls(job: Value) -> Value {
    match job {
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields.into_iter().filter(|(_, value)| !value.is_null()).collect();
            Value::Object(fields)
        }
        other => other,
    }
}
