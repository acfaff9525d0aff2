//! `/api/external-tasks/events`: server-sent events for programs that follow tasks of other programs.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    body::Bytes,
    extract::{Extension, State},
    http::HeaderMap,
    response::Response,
};
use futures::{Stream, stream};
use serde::Deserialize;
use utoipa::IntoParams;

use super::report::ExternalTaskReport;
use crate::{
    access::Caller,
    external::{ExternalFollower, FollowedExternal},
    routes::{
        api::{event_stream, extract::ApiQuery, problem::ApiProblem, responses::problem_responses},
        router_state::RouterState,
    },
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExternalEventsQuery {
    /// As `Last-Event-ID`, for programs that cannot send that header. The header counts when both are there.
    #[param(nullable = false)]
    last_event_id: Option<String>,
}

/// For the API document only: the header that is read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a schema")]
pub struct LastExternalEventIdHeader {
    /// The `id` of the last event that came. What was missed since comes first: each task that changed, once.
    #[param(rename = "Last-Event-ID", nullable = false)]
    last_event_id: Option<String>,
}

problem_responses!(FollowExternalProblems {
    400 => "An unknown parameter, or not the id of an event.",
    503 => "Too many connections, or the database cannot be read.",
});

/// Follow tasks of other programs
///
/// Server-sent events, from now on or from `Last-Event-ID` on, without an end. `event: external-task.changed`: a task as it is now (`ExternalTask`); of several
/// changes of a task only the last may be told. `external-programs.changed`, without data that matter: the link to Redis has another state, or a worker came or is not
/// seen any more. `external-tasks.reset`, without data that matter: the database was put back to an earlier state; read the list anew.
#[utoipa::path(
    get,
    path = "/external-tasks/events",
    operation_id = "followExternalTasks",
    tag = "Events",
    params(ExternalEventsQuery, LastExternalEventIdHeader),
    responses(
        (status = 200, description = "Events, as they come.", body = String, content_type = "text/event-stream"),
        FollowExternalProblems,
    ),
)]
pub(in crate::routes::api) async fn events(
    State(shared): State<RouterState>,
    ApiQuery(ExternalEventsQuery { last_event_id }): ApiQuery<ExternalEventsQuery>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    // As it was sent: without a sign, and without zeros in front.
    let parse = |text: &str| text.parse().ok().filter(|id: &u64| id.to_string() == text && i64::try_from(*id).is_ok());
    let known = event_stream::last_event_id(&headers, last_event_id.as_deref(), parse, "what happens from now on")?;
    let permit = event_stream::connection_permit(&shared)?;
    let follower = shared.state.external().follow(known).await?;
    // So that a program that hears nothing comes back to this place.
    let first = if known.is_none() { format!("id: {}\n\n", follower.at()) } else { String::new() };
    Ok(event_stream::respond(shared, caller, permit, first.into(), changes(follower)))
}

fn changes(follower: ExternalFollower) -> impl Stream<Item = Bytes> {
    stream::unfold(follower, async |mut follower| {
        let text = match follower.next().await? {
            FollowedExternal::Incomplete(at) => format!("event: external-tasks.reset\nid: {at}\ndata: {{}}\n\n"),
            FollowedExternal::Around => "event: external-programs.changed\ndata: {}\n\n".into(),
            FollowedExternal::Tasks(tasks) => {
                let event = |(seq, task)| {
                    let data = serde_json::to_string(&ExternalTaskReport::from(task)).ok()?;
                    Some(format!("event: external-task.changed\nid: {seq}\ndata: {data}\n\n"))
                };
                tasks.into_iter().filter_map(event).collect()
            }
        };
        Some((text.into(), follower))
    })
}
