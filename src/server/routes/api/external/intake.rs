//! `POST /api/events`: what other programs report over HTTP, as CloudEvents.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
};
use proto::external::{
    cloud_events::{CloudEventError, parse_batch, parse_structured},
    message_error::MessageError,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    AppState,
    external::EventsTaken,
    routes::api::{extract::JsonBytes, problem::ApiProblem, responses::problem_responses},
};

/// A CloudEvent in its structured form, version 1.0. Other attributes are allowed: names of up to 20 small letters and digits.
#[derive(ToSchema)]
#[schema(as = CloudEvent)]
#[allow(dead_code, reason = "it is a schema")]
pub struct CloudEventSchema {
    #[schema(example = "1.0", pattern = r"^1\.0$")]
    specversion: String,
    /// With `source` it names the event: the same again is not taken twice.
    #[schema(min_length = 1, example = "5c3f")]
    id: String,
    /// What sends it: a URI reference.
    #[schema(min_length = 1, pattern = r"^[^\s\x00-\x1f]+$", example = "/render/node-3")]
    source: String,
    /// Such as `task.progress` (or `studio.darkroom.task.progress.v1`), `process.started`, `git.commit`, `file.uploaded`; any other is kept, too.
    #[schema(min_length = 1, example = "task.progress")]
    r#type: String,
    #[schema(nullable = false)]
    subject: Option<String>,
    #[schema(nullable = false, format = DateTime)]
    time: Option<String>,
    /// Of a `task.…`: `task_id`, and any of `state`, `progress`, `current`, `total`, `message`, `result`, `error`, `name`, `worker`, `project_id`, `shot_id`,
    /// `node_id`. Of a `process.…`: `process_id` instead. With the `project_id` of a project of Darkroom, those of processes, `git.…`, `file.…` and `agent.…`
    /// become events of the project.
    #[schema(value_type = Option<Value>, example = json!({"task_id": "render-7", "state": "PROGRESS", "progress": 0.5}))]
    data: Option<Value>,
}

/// What became of the events.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventsReport {
    /// New ones.
    taken: usize,
    /// Those that were taken before, by their source and id.
    repeated: usize,
    /// Values of `project_id` that are no project here. Their events are kept, and belong to no project.
    unknown_projects: Vec<String>,
    /// Why events changed nothing in their project. They are kept.
    refused: Vec<String>,
}

problem_responses!(TakeEventsProblems {
    400 => "The body is not JSON.",
    413 => "The body is too large: send several.",
    415 => "Not `application/cloudevents+json`, `application/cloudevents-batch+json` or `application/json`.",
    422 => "An attribute of an event is wrong: `errors` says which. None of them was taken.",
    503 => "The database cannot be written.",
});

/// Report events
///
/// One CloudEvent, or a list of at most 1000. An event that is sent again, by its `source` and `id`, is not taken twice, so whatever was not answered can be sent
/// again. Of tasks (`task.queued`, `task.started`, `task.progress`, `task.success`, `task.failed`, `task.cancelled`) and processes (`process.started`,
/// `process.progress`, `process.completed`) the state is kept (`GET /api/external-tasks`); all other events are kept as they are. What is about a project, by
/// its `project_id`, becomes an event of that project, too.
#[utoipa::path(
    post,
    path = "/events",
    operation_id = "reportEvents",
    tag = "External",
    request_body(content(
        (CloudEventSchema = "application/cloudevents+json"),
        (Vec<CloudEventSchema> = "application/cloudevents-batch+json"),
        (CloudEventSchema = "application/json"),
    )),
    responses(
        (status = 200, description = "They are on disk.", body = EventsReport),
        TakeEventsProblems,
    ),
)]
pub(in crate::routes::api) async fn take(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<Json<EventsReport>, ApiProblem> {
    let json: Value = body.read()?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_plain = !content_type.contains("cloudevents");
    let is_batch = content_type.contains("cloudevents-batch") || (is_plain && json.is_array());
    let events = if is_batch { parse_batch(json) } else { parse_structured(json).map(|event| vec![event]) };
    let events = events.map_err(wrong)?;
    let parts = state.external().understand(events).map_err(|(place, error)| {
        let place = if is_batch { format!("/{place}") } else { String::new() };
        match error {
            MessageError::Lacks(field) => {
                ApiProblem::at(format!("{place}/data/{field}"), "it is missing, and an event of this type is about it")
            }
            error => ApiProblem::at(format!("{place}/data"), error.to_string()),
        }
    })?;
    let EventsTaken { taken, repeated, unknown_projects, refused } = state.external().take_events(parts).await?;
    Ok(Json(EventsReport { taken, repeated, unknown_projects, refused }))
}

fn wrong(error: CloudEventError) -> ApiProblem {
    ApiProblem::at(error.pointer(), error.problem)
}
