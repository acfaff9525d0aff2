//! The table of all routes, and the layers around them.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use leptos::prelude::LeptosOptions;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

use super::{api, client, event_log, guard, headers, inventory, media, metrics, page, router_state::RouterState, sign_in, ws};
use crate::{
    AppState,
    access::Access,
    assets,
    config::{AccessConfig, Config, ConnectionsConfig},
    connections::{BodyPace, limit_pace},
};
use proto::limits;

pub fn router(state: AppState, access: Arc<Access>, config: &Config, stop: CancellationToken) -> Router {
    if !assets::is_built() {
        tracing::warn!("this binary has no front end in it: pages show the present state and forms work, but nothing is live (make build)");
    }
    // Fails for the second server in one process (in tests), where it is initialized already.
    let _ = any_spawner::Executor::init_tokio();
    let options = LeptosOptions::builder().output_name("darkroom").build();
    let connections = Arc::new(Semaphore::new(config.max_connections.min(Semaphore::MAX_PERMITS)));
    let hello_within = config.connections.hello_within;
    let table = table(&access, BodyPace::new(&config.connections));
    table.with_state(RouterState { state, access, stop, options, version: assets::version().into(), connections, hello_within })
}

/// All routes. Only those named in `open` are served without authentication.
fn table(access: &Arc<Access>, pace: BodyPace) -> Router<RouterState> {
    let sign_in = get(sign_in::show).post(sign_in::enter).layer(DefaultBodyLimit::max(limits::SIGN_IN_FORM));
    let open = Router::new()
        .route("/sign-in", sign_in)
        .route("/sign-in.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], sign_in::style())))
        .route("/sign-out", post(sign_in::leave))
        .route("/assets/{build}/{*path}", get(assets::serve))
        .route("/client/{file}", get(client::serve))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        // Authenticates by itself: a browser cannot read the response to a refused handshake, only a close code.
        .route("/ws", get(ws::upgrade));
    let pages = Router::new()
        .route("/", get(page::show).post(page::submit))
        .route("/tasks/{id}", get(page::show))
        .route("/tasks/{id}/cancel", post(page::cancel))
        .route("/tasks/{id}/webhooks/{delivery}/replay", post(page::replay))
        .route("/api/fn/{name}", post(page::server_fn))
        .fallback(page::show)
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(1024).and(NotForContentType::IMAGES)));
    let closed = Router::new()
        .route("/tasks/{id}/outputs/{output}", get(media::output))
        .route("/tasks/{id}/preview", get(media::preview))
        .route("/tasks/{id}/log", get(event_log::of_task))
        .route("/metrics", get(metrics::metrics))
        .route("/backends/{id}/log", get(event_log::of_backend))
        .merge(pages)
        .merge(api::router())
        .merge(api::streams())
        .layer(from_fn_with_state(access.clone(), guard::signed_in));
    open.merge(closed)
        .layer(DefaultBodyLimit::max(limits::WORKFLOW + limits::SUBMISSION_FIELDS))
        .layer(from_fn_with_state(access.clone(), guard::same_site))
        .layer(from_fn_with_state(pace, limit_pace))
        .layer(from_fn(api::problem_bodies))
        .layer(from_fn_with_state(access.clone(), headers::secure))
}

/// Path and lower-case methods of every route, for the test that tries each of them.
#[must_use]
pub fn routes() -> Vec<(String, Vec<String>)> {
    let pace = BodyPace::new(&ConnectionsConfig::default());
    inventory::of(&table(&Arc::new(Access::new(&AccessConfig::default())), pace))
}

/// 200 when the database is writable and a ComfyUI takes tasks, else 503 with the reason.
async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if !state.is_writable() {
        (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n")
    } else if state.pool().is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no ComfyUI can be reached\n")
    }
}
