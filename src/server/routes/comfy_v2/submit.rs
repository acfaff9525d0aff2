//! `POST /api/v2/jobs`.

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{base::Base, error::V2Error, idempotency::job_key};
use crate::{AppState, store::Origin, submissions::SubmissionRequest};
use proto::{comfy::ExtraData, comfy_v2::check_metadata, limits, submit::Submission};

/// A job that was read, with its assets still as references.
struct NewJob {
    workflow: Value,
    extra_data: ExtraData,
    metadata: Map<String, Value>,
    priority: i8,
}

/// Submits a workflow. 201: it is on disk.
pub(super) async fn create(
    State(state): State<AppState>,
    Base(base): Base,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, V2Error> {
    let key = job_key(&headers)?;
    let NewJob { mut workflow, extra_data, metadata, priority } = NewJob::read(&body.map_err(unread)?)?;
    state.assets().resolve(&mut workflow).await?;
    let submission = Submission::Workflow { name: String::new(), json: workflow.to_string() };
    let origin = Origin { metadata, ..Origin::default() };
    let request = SubmissionRequest { origin, extra_data, priority, ..submission.into() };
    let outcome = state.submissions().submit(request, key).await?;
    if outcome.is_replay {
        return Err(V2Error::key_reused());
    }
    let job = state.jobs().get(outcome.task, &base).await?.ok_or_else(V2Error::internal)?;
    let location = [(header::LOCATION, job.urls.this.clone())];
    Ok((StatusCode::CREATED, location, Json(job)).into_response())
}

/// A body that is too large, or broke off.
pub(super) fn unread(rejection: BytesRejection) -> V2Error {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => V2Error::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            format!("A request is at most {} MiB. Upload files as assets.", (limits::WORKFLOW + limits::SUBMISSION_FIELDS) >> 20),
        ),
        _ => V2Error::bad_request("The body ended before it was complete."),
    }
}

/// The members of a JSON object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, V2Error> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(V2Error::bad_request("The body must be a JSON object.")),
        Err(error) => Err(V2Error::bad_request(format!("The body is not JSON: {error}."))),
    }
}

impl NewJob {
    fn read(body: &[u8]) -> Result<Self, V2Error> {
        let mut members = object(body)?;
        for reserved in ["webhook_url", "inputs"] {
            if members.contains_key(reserved) {
                return Err(V2Error::invalid_workflow(format!("{reserved} is reserved. Leave it out.")));
            }
        }
        let workflow = members.remove("workflow").filter(Value::is_object);
        let workflow = workflow.ok_or_else(|| V2Error::invalid_workflow("workflow must be an object of nodes, in API format."))?;
        if workflow.get("nodes").is_some_and(Value::is_array) {
            let words = "This is a workflow as ComfyUI's page saves it. Send it in API format: Workflow → Export (API).";
            return Err(V2Error::new(StatusCode::UNPROCESSABLE_ENTITY, "workflow_format_ui", words));
        }
        let extra_data = extra_data(members.remove("extra_data"))?;
        let metadata = match members.remove("metadata") {
            None | Some(Value::Null) => Map::new(),
            Some(metadata) => check_metadata(metadata)
                .map_err(|wrong| V2Error::new(StatusCode::UNPROCESSABLE_ENTITY, "metadata_invalid", wrong.to_string()))?,
        };
        let priority = match members.remove("priority") {
            None | Some(Value::Null) => 0,
            Some(priority) => priority
                .as_i64()
                .and_then(|priority| i8::try_from(priority).ok())
                .filter(|priority| priority.unsigned_abs() <= limits::PRIORITY.unsigned_abs())
                .ok_or_else(|| V2Error::unprocessable(format!("priority is a whole number from -{0} to {0}.", limits::PRIORITY)))?,
        };
        match members.keys().next() {
            Some(unknown) => {
                let unknown: String = unknown.chars().take(limits::NAME).collect();
                Err(V2Error::bad_request(format!(
                    "{unknown:?} is no member of a job. There are workflow, extra_data, metadata and priority."
                )))
            }
            None => Ok(Self { workflow, extra_data, metadata, priority }),
        }
    }
}

/// A closed object: only a key for partner nodes.
fn extra_data(value: Option<Value>) -> Result<ExtraData, V2Error> {
    let wrong = || V2Error::bad_request("extra_data is an object with api_key_comfy_org, a text, and nothing else.");
    let members = match value {
        None => return Ok(ExtraData::default()),
        Some(Value::Object(members)) => members,
        Some(_) => return Err(wrong()),
    };
    if members.iter().any(|(name, value)| name != "api_key_comfy_org" || !value.is_string()) {
        return Err(wrong());
    }
    ExtraData::from_value(Value::Object(members)).map_err(|error| V2Error::bad_request(error.to_string()))
}
