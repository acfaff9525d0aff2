//! The routes that Darkroom answers itself; each also below `/api`, as in ComfyUI. All others are passed on.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use proto::limits;

use super::{catalog, history, home, jobs, queue, shared::Gateway, socket, submit, uploads, view};
use crate::routes::routes_of;

pub(super) fn table() -> Router<Gateway> {
    let own = Router::new()
        .route("/prompt", get(queue::count).post(submit::post))
        .route("/queue", get(queue::list).post(queue::change))
        .route("/interrupt", post(queue::interrupt))
        .route("/free", post(queue::free))
        .route("/history", get(history::list).post(history::change))
        .route("/history/{id}", get(history::one))
        .route("/ws", get(socket::upgrade))
        .route("/view", get(view::show))
        .route("/upload/image", post(uploads::image))
        .route("/upload/mask", post(uploads::mask))
        .route("/object_info", get(catalog::classes))
        .route("/object_info/{class}", get(catalog::class))
        .route("/models", get(catalog::list))
        .route("/models/{folder}", get(catalog::list))
        .route("/experiment/models", get(catalog::list))
        .route("/experiment/models/{folder}", get(catalog::list))
        .route("/embeddings", get(catalog::list))
        .route("/system_stats", get(catalog::system_stats))
        .route("/features", get(catalog::features))
        .route("/api/jobs", get(jobs::list))
        .route("/api/jobs/cancel", post(jobs::cancel_many))
        .route("/api/jobs/{id}", get(jobs::one))
        .route("/api/jobs/{id}/cancel", post(jobs::cancel_one));
    Router::new()
        .merge(own.clone())
        .nest("/api", own)
        .route("/internal/files/input", get(catalog::input_files))
        .fallback(home::pass)
        .method_not_allowed_fallback(home::pass)
        .layer(DefaultBodyLimit::max(limits::GATEWAY_BODY))
}

/// Path and lower-case methods of every route, for the test that tries each of them.
#[must_use]
pub fn routes() -> Vec<(String, Vec<String>)> {
    routes_of(&table())
}
