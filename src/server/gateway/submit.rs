//! `POST /prompt`: a client's prompt becomes a task.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use bytes::Bytes;
use proto::{
    comfy::{Catalog, ExtraData, NodeErrors, Rejection, Workflow, python_json},
    gateway::{BodyError, ClientPrompt, SubmittedBody, rejection_of, simple_rejection},
    ids::TaskId,
    submit::Submission,
};
use serde_json::{Number, Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use uuid::Uuid;

use super::{answer, found_files::with_named_outputs, hub::GatewayHub, hub_state::LivePrompt, shared::Gateway, viewer::Viewer};
use crate::{
    clock::now,
    held_body::hold,
    store::{NewClientPrompt, Origin, StoredPrompt},
    submissions::{PromptSource, SubmissionError, SubmissionRequest},
};

pub(super) async fn post(State(gateway): State<Gateway>, viewer: Viewer, body: Bytes) -> Response {
    let body = match std::str::from_utf8(&body).map_err(|_| BodyError::Unreadable).and_then(SubmittedBody::parse) {
        Ok(body) => body,
        Err(BodyError::Unreadable) => return answer::trouble(),
        Err(BodyError::Refused(rejection)) => return refused(&rejection),
    };
    // In a task of its own: what became of the prompt is recorded although its client disconnects.
    let submitted = tokio::spawn(async move { submit(&gateway, viewer, body).await }).await;
    submitted.unwrap_or_else(|_| answer::unavailable("Darkroom is stopping. Try again in a moment."))
}

async fn submit(gateway: &Gateway, viewer: Viewer, body: SubmittedBody) -> Response {
    let SubmittedBody { prompt, prompt_id, client_id, number, extra_data, beside } = body;
    let fingerprint = fingerprint(&json!([prompt, client_id, extra_data, beside]));
    let given = prompt_id.as_deref().map(|id| id.parse::<TaskId>());
    let task = given.clone().and_then(Result::ok).unwrap_or_else(|| TaskId(Uuid::now_v7()));
    let prompt_id = prompt_id.unwrap_or_else(|| task.to_string());
    if let Some(given) = given
        && let Some(response) = known(gateway, task, &prompt_id, given.is_ok(), fingerprint).await
    {
        return response;
    }
    let targets = beside.get("partial_execution_targets").cloned();
    let extra_data = match ExtraData::from_value(extra_data) {
        Ok(extra_data) => extra_data.with_beside(beside),
        Err(error) => return refused(&simple_rejection("invalid_prompt", &error.to_string(), "extra_data")),
    };
    let workflow = Value::Object(prompt);
    let named = with_named_outputs(gateway, &workflow).await;
    let json = named.as_ref().unwrap_or(&workflow).to_string();
    let read = Workflow::from_value(workflow.clone()).ok();
    let catalogs = gateway.app.pool().form_catalogs();
    let catalogs: Vec<&Catalog> = catalogs.iter().map(AsRef::as_ref).collect();
    let prompt = ClientPrompt {
        number: gateway.hub.number(&number),
        create_time: now(),
        outputs: read.as_ref().map(|read| ClientPrompt::outputs_of(read, &catalogs, targets.as_ref())).unwrap_or_default(),
        fingerprint,
        chooses_previews: extra_data.chooses_previews(),
        submitter: Some(viewer.submitter),
        prompt_id,
        client_id,
    };
    let (decide, accepted) = watch::channel(false);
    let live = LivePrompt {
        task,
        workflow: Arc::new(workflow),
        extra_data: Arc::new(Value::Object(prompt.shown_extra(&extra_data))),
        prompt: prompt.clone(),
        accepted,
    };
    if let Err(other) = gateway.hub.begin(live) {
        return same_or_conflict(gateway, *other, fingerprint).await;
    }
    let name = format!("ComfyUI prompt {}", prompt.number);
    let mut metadata = serde_json::Map::new();
    metadata.extend(prompt.client_id.as_deref().map(|client| ("client_id".to_owned(), client.into())));
    if prompt.prompt_id != task.to_string() {
        metadata.insert("prompt_id".to_owned(), prompt.prompt_id.as_str().into());
    }
    let request = SubmissionRequest {
        name: Some(name.clone()),
        origin: Origin {
            metadata,
            submitter: prompt.submitter.clone(),
            prompt: Some(NewClientPrompt { task, prompt: prompt.clone() }),
            ..Origin::default()
        },
        extra_data,
        prompts: PromptSource::Verbatim,
        ..SubmissionRequest::from(Submission::Workflow { name, json })
    };
    let response = match gateway.app.submissions().submit(request, None).await {
        Ok(outcome) => {
            gateway.hub.accept(task, &outcome.node_errors);
            place(gateway, task, &prompt.number);
            released(gateway.hub.clone(), task, accepted_answer(&prompt, &outcome.node_errors))
        }
        Err(error) => {
            gateway.hub.forget(task);
            not_accepted(error, read.as_ref(), &prompt.prompt_id)
        }
    };
    decide.send_replace(true);
    response
}

fn fingerprint(body: &Value) -> u64 {
    let digest = Sha256::digest(body.to_string());
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The answer to a client that chose an id that is in use. `None`: it is not.
async fn known(gateway: &Gateway, task: TaskId, prompt_id: &str, is_uuid: bool, fingerprint: u64) -> Option<Response> {
    match gateway.app.store().client_prompt(prompt_id.to_owned()).await {
        Ok(Some(StoredPrompt { prompt, .. })) if prompt.fingerprint == fingerprint => {
            return Some(answer::text(StatusCode::OK, accepted_answer(&prompt, &NodeErrors::new())));
        }
        // One that is not over is found by the hub. Others than UUIDs may be used again, as in ComfyUI 0.8.0.
        Ok(Some(_)) if is_uuid => return Some(conflict(prompt_id)),
        Ok(_) => {}
        Err(error) => return Some(answer::unavailable(&error.to_string())),
    }
    let is_taken = is_uuid && !gateway.hub.is_live(task) && gateway.app.archive().task(task).await.is_some();
    is_taken.then(|| conflict(prompt_id))
}

/// A repeated request gets the answer of the first, once that is decided.
async fn same_or_conflict(gateway: &Gateway, mut other: LivePrompt, fingerprint: u64) -> Response {
    let prompt = &other.prompt;
    if prompt.fingerprint != fingerprint {
        return conflict(&prompt.prompt_id);
    }
    // Fails when the first was refused.
    let _ = other.accepted.wait_for(|accepted| *accepted).await;
    if gateway.app.archive().task(other.task).await.is_none() {
        return answer::unavailable("The same prompt was refused a moment ago.");
    }
    answer::text(StatusCode::OK, accepted_answer(&other.prompt, &NodeErrors::new()))
}

fn accepted_answer(prompt: &ClientPrompt, node_errors: &NodeErrors) -> String {
    python_json(&json!({"prompt_id": prompt.prompt_id, "number": prompt.number, "node_errors": node_errors}))
}

fn refused(rejection: &Rejection) -> Response {
    answer::json(StatusCode::BAD_REQUEST, &serde_json::to_value(rejection).unwrap_or_default())
}

/// As a later ComfyUI answers.
fn conflict(prompt_id: &str) -> Response {
    let message = format!("There is another prompt with the id {prompt_id}.");
    let rejection = simple_rejection("duplicate_prompt_id", &message, "");
    answer::json(StatusCode::CONFLICT, &serde_json::to_value(rejection).unwrap_or_default())
}

fn not_accepted(error: SubmissionError, workflow: Option<&Workflow>, prompt_id: &str) -> Response {
    match error {
        SubmissionError::Rejected(_, words) => refused(&words),
        SubmissionError::Refused(refusal) => refused(&rejection_of(&refusal.problems, workflow)),
        SubmissionError::KeyReused => conflict(prompt_id),
        error @ (SubmissionError::Unavailable(_) | SubmissionError::QueueFull(_) | SubmissionError::Original(_)) => {
            answer::unavailable(&error.to_string())
        }
    }
}

/// The lowest number is next among the prompts of clients that wait.
fn place(gateway: &Gateway, task: TaskId, number: &Number) {
    let number = number.as_f64().unwrap_or_default();
    let queue = gateway.hub.whole_queue();
    let is_later = |other: TaskId| queue.iter().any(|live| live.task == other && live.prompt.number.as_f64().unwrap_or_default() > number);
    let (_, order) = gateway.app.tracker().in_order();
    let next = order.iter().filter(|other| !other.state.has_begun() && other.id != task).find(|other| is_later(other.id));
    if let Some(next) = next {
        // Fails when it runs already.
        let _ = gateway.app.tracker().move_before(task, Some(next.id));
    }
}

/// The answer after which the client may hear of its prompt: when its body is written, or its client is gone.
fn released(hub: Arc<GatewayHub>, task: TaskId, json: String) -> Response {
    hold(answer::text(StatusCode::OK, json), Release { hub, task })
}

struct Release {
    hub: Arc<GatewayHub>,
    task: TaskId,
}

impl Drop for Release {
    fn drop(&mut self) {
        self.hub.release(self.task);
    }
}
