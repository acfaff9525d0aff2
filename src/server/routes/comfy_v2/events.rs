//! `GET /api/v2/jobs/{id}/events`: server-sent events.

use axum::{
    body::Bytes,
    extract::{Extension, Path, State},
    http::StatusCode,
    response::Response,
};
use futures::{Stream, stream};

use super::{base::Base, error::V2Error, paths::job_id};
use crate::{
    access::Caller,
    comfy_v2::JobFollower,
    routes::{
        api::{respond_events, stream_permit},
        router_state::RouterState,
    },
};

pub(super) async fn follow(
    State(shared): State<RouterState>,
    Base(base): Base,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, V2Error> {
    let id = job_id(&id)?;
    let permit = stream_permit(&shared)
        .map_err(|problem| V2Error::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", problem.detail().to_owned()))?;
    let mut follower = shared.state.jobs().follow(id, base).await.ok_or_else(V2Error::no_job)?;
    let first = follower.next().await.unwrap_or_default();
    Ok(respond_events(shared, caller, permit, first, events(follower)))
}

fn events(follower: JobFollower) -> impl Stream<Item = Bytes> {
    stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((event, follower))
    })
}
