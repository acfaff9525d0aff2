//! `/api/outputs/events`: server-sent events for programs that follow the gallery.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Extension, State},
    http::HeaderMap,
    response::Response,
};
use futures::{Stream, stream};
use proto::gallery::{GalleryId, GalleryQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{event_stream, extract::ApiQuery, gallery::shapes::GalleryOutput, problem::ApiProblem, responses::problem_responses};
use crate::{
    access::Caller,
    gallery::{FollowedGallery, GalleryFollower},
    report::Urls,
    routes::router_state::RouterState,
    store::{GalleryNews, GalleryNewsKind},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutputEventsQuery {
    /// A search, as for `GET /api/outputs`: new outputs that are no results of it are not told.
    #[serde(default)]
    #[param(default = "", example = "model:flux*")]
    q: String,
    /// As `Last-Event-ID`, for programs that cannot send that header. The header counts when both are there.
    #[param(nullable = false)]
    last_event_id: Option<String>,
}

/// For the API document only: the header that [`last_id`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a schema")]
pub struct LastOutputEventIdHeader {
    /// The `id` of the last event that came. What was missed since comes first: of each output the last of each kind.
    #[param(rename = "Last-Event-ID", nullable = false)]
    last_event_id: Option<String>,
}

problem_responses!(FollowOutputsProblems {
    400 => "An unknown parameter, or not the id of an event.",
    422 => "A term of the search means nothing: `detail` says what to write instead.",
    503 => "Too many connections, or the database cannot be read.",
});

/// The data of `output.changed`: what can be changed of an output, as it is now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedOutput {
    #[schema(value_type = String)]
    output_id: GalleryId,
    /// It is a result of the search now.
    is_result: bool,
    star: bool,
    /// 0 (none) to 5.
    rating: u8,
    tags: Vec<String>,
    albums: Vec<String>,
}

/// The data of `output.trashed`, `output.restored` and `output.removed`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovedOutput {
    #[schema(value_type = String)]
    output_id: GalleryId,
}

/// Follow the gallery
///
/// Server-sent events, from now on or from `Last-Event-ID` on, without an end. `event: output.added`: a new output that is a result of the search, in the order in
/// which outputs get into the gallery; its data is that of `GET /api/outputs/{output}` (`GalleryOutput`). An output may come again when another attempt of its
/// task took its place. Of any output: `output.changed`, when its star, rating, tags or albums are different (`ChangedOutput`); `output.trashed`, `output.restored`,
/// and `output.removed` for good (`MovedOutput`). No new output is missed, however long a program was away. `gallery.reset`, without data that matter: what was
/// removed in the meantime is not known any more; read the list anew.
#[utoipa::path(
    get,
    path = "/outputs/events",
    operation_id = "followOutputs",
    tag = "Events",
    params(OutputEventsQuery, LastOutputEventIdHeader),
    responses(
        (status = 200, description = "Events, as they come.", body = String, content_type = "text/event-stream"),
        FollowOutputsProblems,
    ),
)]
pub(super) async fn events(
    State(shared): State<RouterState>,
    ApiQuery(OutputEventsQuery { q, last_event_id }): ApiQuery<OutputEventsQuery>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let known = last_id(&headers, last_event_id.as_deref())?;
    let permit = event_stream::connection_permit(&shared)?;
    let follower = shared.state.gallery().follow(GalleryQuery { text: q, ..GalleryQuery::default() }, known).await?;
    // So that a program that hears nothing comes back to this place.
    let first = if known.is_none() { format!("id: {}\n\n", follower.at()) } else { String::new() };
    let urls = shared.state.urls().clone();
    Ok(event_stream::respond(shared, caller, permit, first.into(), gallery_events(follower, urls)))
}

fn last_id(headers: &HeaderMap, query: Option<&str>) -> Result<Option<u64>, ApiProblem> {
    // As it was sent: without a sign, and without zeros in front.
    let parse = |text: &str| text.parse().ok().filter(|id: &u64| id.to_string() == text);
    event_stream::last_event_id(headers, query, parse, "what happens from now on")
}

fn gallery_events(follower: GalleryFollower, urls: Arc<Urls>) -> impl Stream<Item = Bytes> {
    stream::unfold((follower, urls), async |(mut follower, urls)| {
        let text = match follower.next().await? {
            FollowedGallery::Incomplete(at) => format!("event: gallery.reset\nid: {at}\ndata: {{}}\n\n"),
            FollowedGallery::News(news) => {
                let events: String = news.into_iter().filter_map(|news| event(news, &urls)).collect();
                // The next connection begins after those that were not told.
                format!("{events}id: {}\n\n", follower.at())
            }
        };
        Some((text.into(), (follower, urls)))
    })
}

/// `None`: it is not told.
fn event(GalleryNews { seq, kind, id, item, is_result }: GalleryNews, urls: &Urls) -> Option<String> {
    let (name, data) = match kind {
        GalleryNewsKind::Added => {
            let output = GalleryOutput::of(*item.filter(|_| is_result)?, urls);
            ("output.added", serde_json::to_string(&output))
        }
        GalleryNewsKind::Changed => {
            let item = *item?;
            let changed =
                ChangedOutput { output_id: id, is_result, star: item.star, rating: item.rating, tags: item.tags, albums: item.albums };
            ("output.changed", serde_json::to_string(&changed))
        }
        GalleryNewsKind::Trashed => ("output.trashed", serde_json::to_string(&MovedOutput { output_id: id })),
        GalleryNewsKind::Restored => ("output.restored", serde_json::to_string(&MovedOutput { output_id: id })),
        GalleryNewsKind::Removed => ("output.removed", serde_json::to_string(&MovedOutput { output_id: id })),
    };
    Some(format!("event: {name}\nid: {seq}\ndata: {}\n\n", data.ok()?))
}
