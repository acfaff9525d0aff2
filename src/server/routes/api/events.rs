//! `/progress/{id}` and `/api/events`: server-sent events for programs that follow tasks.

use axum::{
    body::Bytes,
    extract::{Extension, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures::{Stream, stream};
use serde::Deserialize;

use super::{
    event_stream,
    extract::{ApiQuery, TaskPath},
    kind::ProblemKind,
    problem::ApiProblem,
    responses::problem_responses,
};
use crate::{
    access::Caller,
    feed::{EventId, FollowError, FollowStart, Follower, parse_id},
    routes::router_state::RouterState,
};
use proto::{limits, wire::Topic};

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProgressQuery {
    /// As `Last-Event-ID`, for programs that cannot send that header. The header counts when both are there.
    #[param(nullable = false)]
    last_event_id: Option<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// What to follow: `all`, or `task:` and a task's id; several separated by commas.
    #[param(nullable = false, example = "task:0195e0a4-0000-7000-8000-000000000001")]
    topics: Option<String>,
    /// As `Last-Event-ID`, for programs that cannot send that header. The header counts when both are there.
    #[param(nullable = false)]
    last_event_id: Option<String>,
}

/// For the API document only: the header that [`last_event_id`] reads.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a schema")]
pub struct LastEventIdHeader {
    /// The `id` of the last event that came. What was missed since comes first: exactly that while it is kept, else how each task is now.
    #[param(rename = "Last-Event-ID", nullable = false)]
    last_event_id: Option<String>,
}

problem_responses!(FollowTaskProblems {
    400 => "Not an id, or not the id of an event.",
    404 => "There is no such task.",
    503 => "Too many connections, or the database cannot be read.",
});

/// Follow a task
///
/// Server-sent events, whose data is a `Message` each. The first has the present state of the task, and the last its end: then the stream closes,
/// at once for a finished task. Changes of state are sent at once, progress at most four times a second.
#[utoipa::path(
    get,
    path = "/progress/{id}",
    operation_id = "followTask",
    tag = "Events",
    params(("id" = Uuid, Path, description = "The task's id."), ProgressQuery, LastEventIdHeader),
    responses(
        (status = 200, description = "Events, as they come.", body = String, content_type = "text/event-stream"),
        (status = 204, description = "The end of the task was already sent. Browsers do not reconnect after this."),
        FollowTaskProblems,
    ),
)]
pub(super) async fn progress(
    State(shared): State<RouterState>,
    TaskPath(id): TaskPath,
    ApiQuery(query): ApiQuery<ProgressQuery>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let known = last_event_id(&headers, query.last_event_id.as_deref())?;
    followed(shared, caller, &[Topic::Task(id)], known).await
}

problem_responses!(FollowTasksProblems {
    400 => "No topics, or unknown ones, or not the id of an event.",
    404 => "There is no such task.",
    503 => "Too many connections, or the database cannot be read.",
});

/// Follow several tasks
///
/// Server-sent events, whose data is a `Message` each. With `all`, the first have the present state of all unfinished tasks, and the stream never ends; a stream
/// of single tasks closes when all of them have ended.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "followTasks",
    tag = "Events",
    params(EventsQuery, LastEventIdHeader),
    responses(
        (status = 200, description = "Events, as they come.", body = String, content_type = "text/event-stream"),
        (status = 204, description = "The ends of all these tasks were already sent. Browsers do not reconnect after this."),
        FollowTasksProblems,
    ),
)]
pub(super) async fn events(
    State(shared): State<RouterState>,
    ApiQuery(query): ApiQuery<EventsQuery>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let topics = topics(query.topics.as_deref().unwrap_or_default())?;
    let known = last_event_id(&headers, query.last_event_id.as_deref())?;
    followed(shared, caller, &topics, known).await
}

async fn followed(shared: RouterState, caller: Caller, topics: &[Topic], known: Option<EventId>) -> Result<Response, ApiProblem> {
    let permit = event_stream::connection_permit(&shared)?;
    let (first, follower) = match shared.state.event_streams().follow(topics, known).await {
        Ok(FollowStart::Events(first, follower)) => (first, follower),
        Ok(FollowStart::Over) => return Ok(StatusCode::NO_CONTENT.into_response()),
        // Browsers come back after a stream that ends, and not after an error.
        Ok(FollowStart::Behind) => return Ok(event_stream::respond(shared, caller, permit, Bytes::new(), stream::empty())),
        Err(FollowError::Unknown(_)) if topics.len() == 1 => return Err(ApiProblem::unknown_task()),
        Err(error @ FollowError::Unknown(_)) => return Err(ApiProblem::new(ProblemKind::UnknownTask, error.to_string())),
        Err(FollowError::Store(error)) => return Err(error.into()),
    };
    Ok(event_stream::respond(shared, caller, permit, first, follower_events(follower)))
}

fn follower_events(follower: Follower) -> impl Stream<Item = Bytes> {
    stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((event, follower))
    })
}

/// The last event that the client has.
fn last_event_id(headers: &HeaderMap, query: Option<&str>) -> Result<Option<EventId>, ApiProblem> {
    event_stream::last_event_id(headers, query, parse_id, "how each task is now")
}

fn topics(text: &str) -> Result<Vec<Topic>, ApiProblem> {
    let wrong = |detail: String| ApiProblem::new(ProblemKind::BadQuery, detail);
    let topic = |word: &str| match (word, word.strip_prefix("task:").map(str::parse)) {
        ("all", _) => Ok(Topic::All),
        (_, Some(Ok(task))) => Ok(Topic::Task(task)),
        ("", _) => Err(wrong("Say what to hear of: topics=all, or topics=task:ID, several separated by commas.".into())),
        _ => Err(wrong(format!("{word:?} is no topic. There are: all, and task: with a task's id; several separated by commas."))),
    };
    let topics = text.split(',').map(str::trim).map(topic).collect::<Result<Vec<_>, _>>()?;
    if topics.len() > limits::TOPICS {
        return Err(wrong(format!("A stream has at most {} topics; take all, or several streams.", limits::TOPICS)));
    }
    Ok(topics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_in_their_canonical_form_are_accepted() {
        let mut headers = HeaderMap::new();
        assert_eq!(last_event_id(&headers, None).unwrap(), None);
        assert_eq!(last_event_id(&headers, Some("")).unwrap(), None);
        let id = |text: &str| last_event_id(&headers, Some(text)).unwrap().unwrap();
        assert_eq!(id("1f-2a.3").to_string(), "1f-2a.3");
        assert!(id("1f-2a").place.is_none(), "of an earlier version");
        for bad in ["1", "-", "1-", "-1", "+1-1", "1-G", "1-2-3", "1f_2a", "ffffffffffffffffff-1", "1F-2A", " 1-2"] {
            assert_eq!(last_event_id(&headers, Some(bad)).unwrap_err().kind, ProblemKind::BadQuery, "{bad:?}");
        }
        headers.insert("last-event-id", "3-4.0".parse().unwrap());
        assert_eq!(
            last_event_id(&headers, Some("bad")).unwrap().map(|known| known.to_string()),
            Some("3-4.0".to_owned()),
            "a browser comes back to the same url"
        );
        headers.insert("last-event-id", "é".parse().unwrap());
        assert_eq!(last_event_id(&headers, None).unwrap_err().kind, ProblemKind::BadHeader);
    }
}
