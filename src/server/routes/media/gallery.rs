//! Files of the gallery.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};

use super::{
    error::{MediaError, problem},
    kept,
    request::{OutputRequest, ViewQuery},
};
use crate::{AppState, gallery::GalleryError, media::MediaFailure, store::GalleryItem};
use proto::gallery::GalleryId;

/// `GET` and `HEAD /gallery/{id}/file[?thumb=320][&download=1]`.
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
    let fetched = gallery_file(&state, &item, request).await;
    fetched.unwrap_or_else(|error| problem(error.status(), &error.to_string()))
}

/// # Errors
/// `FileMissing` or `StoreUnavailable`.
pub(in crate::routes) async fn gallery_file(state: &AppState, item: &GalleryItem, request: OutputRequest) -> Result<Response, MediaError> {
    kept::respond(state.media(), &item.file, &item.facts.filename, &request).await.map_err(|error| match error {
        MediaFailure::Missing => MediaError::FileMissing,
        error => {
            tracing::warn!(%error, id = %item.id, "a file of the gallery cannot be read");
            MediaError::StoreUnavailable
        }
    })
}
