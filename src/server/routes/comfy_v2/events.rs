//! `GET /api/v2/jobs/{id}/events`: server-sent events.

use axum::{
    body::Bytes,
    extract::{Extension, Path, State},
    http::StatusCode,
    response::Response,
};
use futures::{Stream, stream};

use super::{asker::Asker, base::Base, error::V2Error, paths::job_id, responses::error_responses};
use crate::{
    access::Caller,
    comfy_v2::JobFollower,
    routes::{
        api::{respond_events, stream_permit},
        router_state::RouterState,
    },
};

error_responses! {
    FollowErrors {
        404 => "There is no such job (`not_found`).",
        429 => "Darkroom has as many live connections as it may (`too_many_streams`).",
        503 => "The database cannot be read.",
    }
}

/// Follow a job
///
/// Server-sent events: `status`, `progress`, `preview` and `output`. How it is now comes first, then what changes, until its end. `?token=TOKEN` counts like the
/// header `Authorization`, which `EventSource` of a browser cannot send.
#[utoipa::path(
    get,
    path = "/api/v2/jobs/{id}/events",
    operation_id = "followJob",
    tag = "Comfy API v2",
    params(("id" = Uuid, Path, description = "The job's id.")),
    responses((status = 200, description = "Events, as they come.", body = String, content_type = "text/event-stream"), FollowErrors),
)]
pub(super) async fn follow(
    State(shared): State<RouterState>,
    Asker(asker): Asker,
    Base(base): Base,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, V2Error> {
    let id = job_id(&id)?;
    let permit = stream_permit(&shared)
        .map_err(|problem| V2Error::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", problem.detail().to_owned()))?;
    let mut follower = shared.state.jobs().follow(id, &asker, base).await?.ok_or_else(V2Error::no_job)?;
    let first = follower.next().await.unwrap_or_default();
    Ok(respond_events(shared, caller, permit, first, events(follower)))
}

fn events(follower: JobFollower) -> impl Stream<Item = Bytes> {
    stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((event, follower))
    })
}
