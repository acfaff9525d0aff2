//! The one table of routes, and the rules that hold for all of them.

mod api;
mod client;
mod event_log;
mod guard;
mod media;
mod metrics;
mod page;
mod ws;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn, map_response},
    response::Response,
    routing::{get, post},
};
use leptos::prelude::LeptosOptions;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

use super::{AppState, assets};
use crate::proto::limits;

#[derive(Clone)]
struct Shared {
    state: AppState,
    stop: CancellationToken,
    options: LeptosOptions,
    /// See [`assets::version`].
    version: Arc<str>,
    /// Room for live connections.
    connections: Arc<Semaphore>,
}

impl FromRef<Shared> for AppState {
    fn from_ref(shared: &Shared) -> Self {
        shared.state.clone()
    }
}

impl FromRef<Shared> for LeptosOptions {
    fn from_ref(shared: &Shared) -> Self {
        shared.options.clone()
    }
}

pub(super) fn router(state: AppState, max_connections: usize, stop: CancellationToken) -> Router {
    if !assets::is_built() {
        tracing::warn!("this binary has no front end in it: pages show the present state and forms work, but nothing is live (make build)");
    }
    // The second server in one process (in tests) finds it done.
    let _ = any_spawner::Executor::init_tokio();
    let options = LeptosOptions::builder().output_name("darkroom").build();
    let connections = Arc::new(Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS)));
    let shared = Shared { state, stop, options, version: assets::version().into(), connections };
    let pages = Router::new()
        .route("/", get(page::show).post(page::submit))
        .route("/tasks/{id}", get(page::show))
        .route("/tasks/{id}/cancel", post(page::cancel))
        .route("/api/fn/{name}", post(page::server_fn))
        .route("/client/{file}", get(client::serve))
        .fallback(page::show)
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(1024).and(NotForContentType::IMAGES)));
    Router::new()
        .route("/ws", get(ws::upgrade))
        .route("/tasks/{id}/outputs/{output}", get(media::output))
        .route("/tasks/{id}/preview", get(media::preview))
        .route("/tasks/{id}/log", get(event_log::of_task))
        .route("/assets/{build}/{*path}", get(assets::serve))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::metrics))
        .route("/backends/{id}/log", get(event_log::of_backend))
        .merge(pages)
        .merge(api::router())
        .merge(api::streams())
        .layer(DefaultBodyLimit::max(limits::WORKFLOW + limits::SUBMISSION_FIELDS))
        .layer(from_fn(guard::same_origin))
        .layer(from_fn(api::in_one_shape))
        .layer(map_response(secure))
        .with_state(shared)
}

/// 200 when a ComfyUI is there to take tasks; 503 with the reason when none is.
async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if !state.is_writable() {
        (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n")
    } else if state.pool().is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no ComfyUI can be reached\n")
    }
}

async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let fixed = [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::REFERRER_POLICY, "same-origin"), (header::X_FRAME_OPTIONS, "DENY")];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
