//! `POST /api/v2/jobs`.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{asker::Asker, base::Base, error::V2Error, idempotency::job_key, responses::error_responses, schemas};
use crate::{AppState, comfy_v2::JobReport, store::Origin, submissions::SubmissionRequest};
use proto::{comfy::ExtraData, comfy_v2::check_metadata, limits, submit::Submission};

/// A job that was read, with its assets still as references.
struct NewJob {
    workflow: Value,
    extra_data: ExtraData,
    metadata: Map<String, Value>,
    priority: i8,
}

// For the API document only: read by [`NewJob::read`].
/// A job to run.
#[derive(ToSchema)]
#[schema(as = V2NewJob)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "it is a schema")]
pub struct NewJobBody {
    #[schema(schema_with = schemas::workflow)]
    workflow: Value,
    #[schema(nullable = false)]
    extra_data: Option<PartnerKey>,
    #[schema(schema_with = schemas::metadata)]
    metadata: Option<Value>,
    /// Higher is sooner; 0 is normal.
    #[schema(minimum = -100, maximum = 100)]
    priority: Option<i8>,
}

// For the API document only.
/// What partner nodes need.
#[derive(ToSchema)]
#[schema(as = V2ExtraData)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "it is a schema")]
pub struct PartnerKey {
    #[schema(nullable = false, write_only)]
    api_key_comfy_org: Option<String>,
}

// For the API document only.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a schema")]
pub struct JobKeyHeader {
    /// For one request: a second one with it is refused (`idempotency_key_reuse`). Free again after a refusal, and after a day.
    #[param(rename = "Idempotency-Key", nullable = false, min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")]
    key: Option<String>,
}

error_responses! {
    SubmitErrors {
        400 => "Not JSON, unknown members, or a bad Idempotency-Key (`invalid_request`).",
        413 => "Too large (`payload_too_large`).",
        422 => "A workflow that cannot be run (`invalid_workflow`, `workflow_format_ui`), an asset that is not there (`missing_asset`), metadata of another shape             (`metadata_invalid`), or an Idempotency-Key that was used (`idempotency_key_reuse`).",
        429 => "The queue is full (`queue_full`).",
        503 => "It cannot be stored now.",
    }
}

/// Submit a job
///
/// Answers as soon as it is on disk. If a ComfyUI is free for it, the response waits for its validation, at most three seconds.
#[utoipa::path(
    post,
    path = "/api/v2/jobs",
    operation_id = "createJob",
    tag = "Comfy API v2",
    params(JobKeyHeader),
    request_body = NewJobBody,
    responses(
        (status = 201, description = "It is stored, and will run.", body = JobReport, headers(("Location" = String, description = "The job."))),
        SubmitErrors,
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    Asker(asker): Asker,
    Base(base): Base,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, V2Error> {
    let key = job_key(&headers)?;
    let NewJob { mut workflow, extra_data, metadata, priority } = NewJob::read(&body.map_err(unread)?)?;
    state.assets().resolve(&mut workflow).await?;
    let submission = Submission::Workflow { name: String::new(), json: workflow.to_string() };
    let origin = Origin { metadata, submitter: Some(asker.clone()), ..Origin::default() };
    let request = SubmissionRequest { origin, extra_data, priority, ..submission.into() };
    let outcome = state.submissions().submit(request, key).await?;
    if outcome.is_replay {
        return Err(V2Error::key_reused());
    }
    let job = state.jobs().get(outcome.task, &asker, &base).await?.ok_or_else(V2Error::internal)?;
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

/// A whole number, also where it is written with a point: JSON knows no difference.
pub(super) fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| format!("{:.0}", value.as_f64().filter(|number| number.fract() == 0.0)?).parse().ok())
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
            Some(priority) => whole(&priority)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let read = [json!(5), json!(-5.0), json!(1852.0), json!(0.5), json!(1e300), json!("5"), Value::Null].map(|value| whole(&value));
        assert_eq!(read, [Some(5), Some(-5), Some(1852), None, None, None, None]);
    }
}
