//! `/api/jobs`: queue and history as one list.

use std::collections::HashMap;

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use bytes::Bytes;
use proto::{
    gateway::{JobQuery, finished_job, waiting_job},
    ids::TaskId,
};
use serde_json::{Value, json};

use super::{
    answer,
    hub_state::LivePrompt,
    queue::{cancel, is_running, item},
    shared::Gateway,
    viewer::Viewer,
};

/// `GET /api/jobs`
pub(super) async fn list(State(gateway): State<Gateway>, viewer: Viewer, Query(params): Query<HashMap<String, String>>) -> Response {
    let query = match JobQuery::parse(|name| params.get(name).map(String::as_str)) {
        Ok(query) => query,
        Err(words) => return answer::json(StatusCode::BAD_REQUEST, &json!({"error": words})),
    };
    // In this order: one that ends meanwhile is in both rather than in none.
    let live = gateway.hub.queue(&viewer);
    let finished = match gateway.app.store().finished_jobs(viewer.prompts()).await {
        Ok(finished) => finished,
        Err(error) => return answer::unavailable(&error.to_string()),
    };
    let finished: Vec<Value> = finished.iter().filter_map(|job| serde_json::from_str(job).ok()).collect();
    let is_finished = |live: &LivePrompt| finished.iter().any(|job| job["id"] == *live.prompt.prompt_id);
    let mut jobs: Vec<Value> = live.iter().filter(|live| !is_finished(live)).map(|live| unfinished(&gateway, live)).collect();
    jobs.extend(finished);
    answer::ok(&query.answer(jobs))
}

fn unfinished(gateway: &Gateway, live: &LivePrompt) -> Value {
    waiting_job(&item(live), if is_running(gateway, live.task) { "in_progress" } else { "pending" })
}

/// `GET /api/jobs/{id}`
pub(super) async fn one(State(gateway): State<Gateway>, viewer: Viewer, Path(id): Path<String>) -> Response {
    if let Some(live) = gateway.hub.find(&viewer, &id) {
        return answer::ok(&unfinished(&gateway, &live));
    }
    match gateway.app.store().history_entry(viewer.prompts(), id.clone()).await {
        Ok(Some(entry)) => answer::ok(&finished_job(&id, &serde_json::from_str(&entry).unwrap_or_default(), true)),
        Ok(None) => answer::json(StatusCode::NOT_FOUND, &json!({"error": "Job not found"})),
        Err(error) => answer::unavailable(&error.to_string()),
    }
}

/// `POST /api/jobs/{id}/cancel`
pub(super) async fn cancel_one(State(gateway): State<Gateway>, viewer: Viewer, Path(id): Path<String>) -> Response {
    let cancelled = cancel_named(&gateway, &viewer, &id).await;
    answer::ok(&json!({"cancelled": cancelled}))
}

/// `POST /api/jobs/cancel`: `{"job_ids": [ids]}`
pub(super) async fn cancel_many(State(gateway): State<Gateway>, viewer: Viewer, body: Bytes) -> Response {
    let refused = |body: Value| answer::json(StatusCode::BAD_REQUEST, &body);
    let body = answer::object(&body).unwrap_or_default();
    let Some(ids) = body.get("job_ids").and_then(Value::as_array) else {
        return refused(json!({"error": "job_ids must be a list"}));
    };
    let is_uuid = |id: &&Value| id.as_str().is_some_and(|id| id.parse::<TaskId>().is_ok());
    let invalid: Vec<&Value> = ids.iter().filter(|id| !is_uuid(id)).collect();
    if !invalid.is_empty() {
        return refused(json!({"error": "job_ids must be ids of jobs", "invalid_ids": invalid}));
    }
    let mut cancelled = false;
    for id in ids.iter().filter_map(Value::as_str) {
        cancelled |= cancel_named(&gateway, &viewer, id).await;
    }
    answer::ok(&json!({"cancelled": cancelled}))
}

async fn cancel_named(gateway: &Gateway, viewer: &Viewer, id: &str) -> bool {
    let Some(live) = gateway.hub.find(viewer, id) else { return false };
    cancel(gateway, live.task).await;
    true
}
