//! `/api/projects/{project}/events/stream`: server-sent events for programs that follow a project.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use axum::{
    body::Bytes,
    extract::{Extension, State},
    http::HeaderMap,
    response::Response,
};
use futures::{Stream, stream};
use proto::production::{ProductionRecord, ProjectId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::paths::ProjectPath;
use crate::{
    access::Caller,
    production::{FollowedProduction, ProductionFollower},
    routes::{
        api::{event_stream, extract::ApiQuery, problem::ApiProblem, responses::problem_responses},
        router_state::RouterState,
    },
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProjectStreamQuery {
    /// As `Last-Event-ID`, for programs that cannot send that header. The header counts when both are there.
    #[param(nullable = false)]
    last_event_id: Option<String>,
}

/// For the API document only: the header that the handler reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a schema")]
pub struct LastProjectEventIdHeader {
    /// The `id` of the last event that came: everything since comes first.
    #[param(rename = "Last-Event-ID", nullable = false)]
    last_event_id: Option<String>,
}

problem_responses!(StreamProblems {
    400 => "Not an id, an unknown parameter, or not the id of an event.",
    404 => "There is no such project.",
    503 => "Too many connections, or the database cannot be read.",
});

/// Follow a project
///
/// Server-sent events, from now on or from `Last-Event-ID` on, without an end. Each is named by its `type`, and its data are as in
/// `GET /api/projects/{project}/events`. Progress (`task.progress`, `process.progress`, `agent.progress`) has no `id`, and comes only as it happens.
/// `project.reset`, without data that matter: what happened in the meantime is not known completely any more; read everything anew.
#[utoipa::path(
    get,
    path = "/projects/{project}/events/stream",
    operation_id = "followProject",
    tag = "Events",
    params(("project" = Uuid, Path, description = "The project's id."), ProjectStreamQuery, LastProjectEventIdHeader),
    responses(
        (status = 200, description = "Events, as they come.", body = String, content_type = "text/event-stream"),
        StreamProblems,
    ),
)]
pub(in crate::routes::api) async fn events(
    State(shared): State<RouterState>,
    ProjectPath(project): ProjectPath,
    ApiQuery(query): ApiQuery<ProjectStreamQuery>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    follow(shared, Some(project), query, caller, &headers).await
}

problem_responses!(AllStreamProblems {
    400 => "An unknown parameter, or not the id of an event.",
    503 => "Too many connections, or the database cannot be read.",
});

/// Follow all projects
///
/// As `GET /api/projects/{project}/events/stream`, of all projects and of agents that work for none.
#[utoipa::path(
    get,
    path = "/projects/events/stream",
    operation_id = "followProjects",
    tag = "Events",
    params(ProjectStreamQuery, LastProjectEventIdHeader),
    responses(
        (status = 200, description = "Events, as they come.", body = String, content_type = "text/event-stream"),
        AllStreamProblems,
    ),
)]
pub(in crate::routes::api) async fn all_events(
    State(shared): State<RouterState>,
    ApiQuery(query): ApiQuery<ProjectStreamQuery>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    follow(shared, None, query, caller, &headers).await
}

async fn follow(
    shared: RouterState,
    project: Option<ProjectId>,
    ProjectStreamQuery { last_event_id }: ProjectStreamQuery,
    caller: Caller,
    headers: &HeaderMap,
) -> Result<Response, ApiProblem> {
    // As it was sent: without a sign, and without zeros in front.
    let parse = |text: &str| text.parse().ok().filter(|id: &u64| id.to_string() == text);
    let known = event_stream::last_event_id(headers, last_event_id.as_deref(), parse, "what happens from now on")?;
    let permit = event_stream::connection_permit(&shared)?;
    let follower = shared.state.productions().follow(project, known).await?;
    // So that a program that hears nothing comes back to this place.
    let first = if known.is_none() { format!("id: {}\n\n", follower.at()) } else { String::new() };
    Ok(event_stream::respond(shared, caller, permit, first.into(), project_events(follower)))
}

fn project_events(follower: ProductionFollower) -> impl Stream<Item = Bytes> {
    stream::unfold(follower, async |mut follower| {
        let text = match follower.next().await? {
            FollowedProduction::Incomplete(at) => format!("event: project.reset\nid: {at}\ndata: {{}}\n\n"),
            FollowedProduction::Records(records) => {
                let events: String = records.iter().filter_map(event).collect();
                // The next connection begins after those of other projects, too.
                format!("{events}id: {}\n\n", follower.at())
            }
            FollowedProduction::Progress(record) => event(&record).unwrap_or_default(),
        };
        Some((text.into(), follower))
    })
}

fn event(record: &ProductionRecord) -> Option<String> {
    let id = if record.number > 0 { format!("id: {}\n", record.number) } else { String::new() };
    Some(format!("event: {}\n{id}data: {}\n\n", record.event.name(), serde_json::to_string(record).ok()?))
}
