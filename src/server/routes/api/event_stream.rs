//! What all streams of server-sent events have in common: a permit, heartbeats, and their end.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt, stream};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{kind::ProblemKind, problem::ApiProblem};
use crate::{access::Caller, routes::router_state::RouterState};
use proto::limits;

/// The right to one live connection.
///
/// # Errors
/// There are too many.
pub(in crate::routes) fn connection_permit(shared: &RouterState) -> Result<OwnedSemaphorePermit, ApiProblem> {
    shared.connections.clone().try_acquire_owned().map_err(|_| {
        ApiProblem::new(
            ProblemKind::Unavailable,
            "Darkroom has as many live connections as it may ([server] max_connections). Try again later.",
        )
    })
}

/// A stream that begins with `first` and ends when the server stops or the caller signs out.
pub(in crate::routes) fn respond(
    shared: RouterState,
    caller: Caller,
    permit: OwnedSemaphorePermit,
    first: Bytes,
    events: impl Stream<Item = Bytes> + Send + 'static,
) -> Response {
    let (soonest, latest) = limits::STREAM_RETRY_MS;
    let retry = format!("retry: {}\n\n", rand::random_range(soonest..=latest));
    let begin = stream::iter([retry.into(), first]).filter(|bytes: &Bytes| std::future::ready(!bytes.is_empty()));
    let RouterState { access, stop, .. } = shared;
    let stopped = async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = access.session_ended(caller) => {}
        }
    };
    let events = begin.chain(keep_alive(events)).take_until(stopped).map(move |event| {
        // The closure owns the permit until the stream ends.
        let _ = &permit;
        Ok::<_, Infallible>(event)
    });
    let fields = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx and compatible proxies buffer responses unless this header is set.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (fields, Body::from_stream(events)).into_response()
}

/// Inserts a comment when no event came for a while, so that proxies do not close the connection.
fn keep_alive(events: impl Stream<Item = Bytes>) -> impl Stream<Item = Bytes> {
    stream::unfold(Box::pin(events), async |mut events| match timeout(limits::STREAM_KEEP_ALIVE, events.next()).await {
        Ok(event) => Some((event?, events)),
        Err(_) => Some((Bytes::from_static(b":\n\n"), events)),
    })
}

/// The id of the last event that the client has, read by `parse`. The header counts before the query, because a browser comes back to the same url. An empty
/// id counts as none (HTML Standard, server-sent events). `start`: what happens without one.
///
/// # Errors
/// It is not one.
pub(super) fn last_event_id<T>(
    headers: &HeaderMap,
    query: Option<&str>,
    parse: impl FnOnce(&str) -> Option<T>,
    start: &str,
) -> Result<Option<T>, ApiProblem> {
    let header = headers.get("last-event-id");
    let text = header.map(|value| value.to_str().unwrap_or("?")).or(query).unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let kind = if header.is_some() { ProblemKind::BadHeader } else { ProblemKind::BadQuery };
    let wrong = || ApiProblem::new(kind, format!("This is not the id of an event of Darkroom. Leave it out to begin with {start}."));
    parse(text).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_sends_a_comment_every_15_seconds() {
        let event = stream::once(async {
            sleep(Duration::from_secs(40)).await;
            Bytes::from_static(b"data: 1\n\n")
        });
        let began = Instant::now();
        let events = keep_alive(event).map(|bytes| (began.elapsed().as_secs(), bytes));
        let comment = Bytes::from_static(b":\n\n");
        let expected = vec![(15, comment.clone()), (30, comment), (40, Bytes::from_static(b"data: 1\n\n"))];
        assert_eq!(events.collect::<Vec<_>>().await, expected);
    }
}
