//! The table of the routes.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use proto::limits;

use super::{assets, content, events, health, jobs, list, submit, upload};
use crate::routes::router_state::RouterState;

/// What needs access. Events must not be wrapped in layers that buffer small chunks, such as compression.
pub(in crate::routes) fn router() -> Router<RouterState> {
    // A file that is too large is noticed before the whole body is.
    let uploads = DefaultBodyLimit::max(limits::MEDIA_UPLOAD + 1024 * 1024);
    Router::new()
        .route("/api/v2/jobs", get(list::list).post(submit::create))
        .route("/api/v2/jobs/{id}", get(jobs::get))
        .route("/api/v2/jobs/{id}/workflow", get(jobs::workflow))
        .route("/api/v2/jobs/{id}/cancel", post(jobs::cancel))
        .route("/api/v2/jobs/{id}/events", get(events::follow))
        .route("/api/v2/assets", post(upload::create).layer(uploads))
        .route("/api/v2/assets/from-hash", post(assets::from_hash))
        // Also by HEAD.
        .route("/api/v2/assets/by-hash/{hash}", get(assets::by_hash))
        .route("/api/v2/assets/{id}", get(assets::get).delete(assets::remove))
        .route("/api/v2/assets/{id}/content", get(content::content))
}

/// What is there for everybody.
pub(in crate::routes) fn open_router() -> Router<RouterState> {
    Router::new().route("/api/v2/health", get(health::health))
}
