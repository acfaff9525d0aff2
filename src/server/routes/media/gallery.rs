//! Files of the gallery.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};

use super::{
    error::{MediaError, problem},
    kept, plain,
    request::{MetadataChoice, OutputRequest, ViewQuery},
};
use crate::{
    AppState,
    gallery::GalleryError,
    media::{MediaFailure, PlainError},
    store::GalleryItem,
};
use proto::gallery::GalleryId;

/// `GET` and `HEAD /gallery/{id}/file[?thumb=320][&download=1][&metadata=strip]`.
pub(in crate::routes) async fn gallery_output(
    State(state): State<AppState>,
    Path(id): Path<GalleryId>,
    Query(query): Query<ViewQuery>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let request = match query.request(&method, headers) {
        Ok(request) => request,
        Err(why) => return problem(StatusCode::BAD_REQUEST, why),
    };
    let item = match state.gallery().item(id).await {
        Ok(item) => item,
        Err(error @ GalleryError::Unknown) => return problem(StatusCode::NOT_FOUND, &error.to_string()),
        Err(error) => return problem(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    };
    let fetched = gallery_file(&state, &item, request, query.metadata()).await;
    fetched.unwrap_or_else(|error| problem(error.status(), &error.to_string()))
}

/// # Errors
/// `FileMissing`, `StoreUnavailable`, or `MetadataStays`.
pub(in crate::routes) async fn gallery_file(
    state: &AppState,
    item: &GalleryItem,
    request: OutputRequest,
    metadata: MetadataChoice,
) -> Result<Response, MediaError> {
    let (media, filename) = (state.media(), &item.facts.filename);
    let fetched = match metadata {
        // A small picture has none.
        MetadataChoice::Strip if request.thumb.is_none() => plain::respond(media, &item.file, filename, &request).await,
        MetadataChoice::Strip | MetadataChoice::Keep => {
            kept::respond(media, &item.file, filename, &request).await.map_err(PlainError::from)
        }
    };
    fetched.map_err(|error| match error {
        PlainError::Strip(_) | PlainError::TooLarge => MediaError::MetadataStays(error.to_string()),
        PlainError::Media(MediaFailure::Missing) => MediaError::FileMissing,
        PlainError::Media(error) => {
            tracing::warn!(%error, id = %item.id, "a file of the gallery cannot be read");
            MediaError::StoreUnavailable
        }
    })
}
