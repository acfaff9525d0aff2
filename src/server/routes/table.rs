//! The table of all routes, and the layers around them.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state, map_request},
    routing::{get, post},
};
use service::{ArcService, BasePath, Frontend};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::util::option_layer;
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

use super::{
    api, client, comfy_v2, cors, event_log, guard, headers, inventory, media, metrics, model_previews, router_state::RouterState,
    shared_dailies, sign_in, ws,
};
use crate::{
    AppState,
    access::Access,
    config::{AccessConfig, Config, ConnectionsConfig},
    connections::{BodyPace, limit_pace},
};
use proto::limits;

/// `gateway`: what clients of ComfyUI get, with checks of its own.
pub fn router(
    state: AppState,
    access: Arc<Access>,
    frontend: Arc<dyn Frontend>,
    config: &Config,
    stop: CancellationToken,
    gateway: Option<Router>,
) -> Router {
    if !frontend.is_built() {
        tracing::warn!("this binary has no front end in it: pages show the present state and forms work, but nothing is live (make build)");
    }
    let connections = Arc::new(Semaphore::new(config.max_connections.min(Semaphore::MAX_PERMITS)));
    let hello_within = config.connections.hello_within;
    let service: ArcService = Arc::new(state.clone());
    let table = table(&access, &frontend, &config.base_path, frontend.pages().with_state(service), BodyPace::new(&config.connections));
    let version = frontend.build();
    let table = table.with_state(RouterState { state, access, stop, frontend, version, connections, hello_within });
    match gateway {
        // As a service: a nested router would not get `/comfy/`, the page of ComfyUI.
        Some(gateway) => table.nest_service("/comfy", gateway),
        None => table,
    }
}

/// All routes. Only those named in `open` are served without authentication.
fn table(
    access: &Arc<Access>,
    frontend: &Arc<dyn Frontend>,
    base: &BasePath,
    pages: Router<RouterState>,
    pace: BodyPace,
) -> Router<RouterState> {
    let sign_in = get(sign_in::show).post(sign_in::enter).layer(DefaultBodyLimit::max(limits::SIGN_IN_FORM));
    let open = Router::new()
        .route("/sign-in", sign_in)
        .route("/sign-out", post(sign_in::leave))
        .route("/client/{file}", get(client::serve))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        // The token in their addresses is the access.
        .route("/dailies/{token}", get(shared_dailies::show))
        .route("/dailies/{token}/takes/{take}", get(shared_dailies::take))
        // Authenticates by itself: a browser cannot read the response to a refused handshake, only a close code.
        .route("/ws", get(ws::upgrade))
        .route("/ws/story", get(ws::story::upgrade))
        .merge(comfy_v2::open_router())
        .merge(frontend.open_routes().with_state(()));
    let pages = pages.layer(CompressionLayer::new().compress_when(SizeAbove::new(1024).and(NotForContentType::IMAGES)));
    let closed = Router::new()
        .route("/tasks/{id}/outputs/{output}", get(media::output))
        .route("/gallery/{id}/file", get(media::gallery_output))
        .route("/gallery/zip", post(api::zip_form))
        .route("/tasks/{id}/preview", get(media::preview))
        .route("/model-previews/{folder}", get(model_previews::show))
        .route("/tasks/{id}/log", get(event_log::of_task))
        .route("/metrics", get(metrics::metrics))
        .route("/backends/{id}/log", get(event_log::of_backend))
        .merge(pages)
        .merge(api::router(comfy_v2::document(), base))
        .merge(comfy_v2::router())
        .layer(from_fn_with_state((access.clone(), frontend.clone()), guard::signed_in));
    let streams = api::streams()
        .merge(comfy_v2::streams())
        .layer(from_fn_with_state((access.clone(), frontend.clone()), guard::signed_in))
        .layer(map_request(guard::token_in_address));
    let cors = access.has_cors().then(|| {
        let access = access.clone();
        cors::layer(move |origin, path| access.allows_cors(origin, path))
    });
    open.merge(closed)
        .merge(streams)
        .layer(DefaultBodyLimit::max(limits::WORKFLOW + limits::SUBMISSION_FIELDS))
        .layer(from_fn_with_state(access.clone(), guard::same_site))
        .layer(from_fn_with_state(pace, limit_pace))
        .layer(from_fn(comfy_v2::error_bodies))
        .layer(from_fn(api::problem_bodies))
        .layer(option_layer(cors))
        .layer(from_fn_with_state(access.clone(), headers::secure))
}

/// Path and lower-case methods of every route, for the test that tries each of them.
#[must_use]
pub fn routes(frontend: Arc<dyn Frontend>) -> Vec<(String, Vec<String>)> {
    let access = Arc::new(Access::new(&AccessConfig::default()));
    let pace = BodyPace::new(&ConnectionsConfig::default());
    let mut all = inventory::of(&table(&access, &frontend, &BasePath::default(), Router::new(), pace));
    all.extend(inventory::of(&frontend.pages()));
    all.sort();
    all
}

/// 200 when the database is writable and a ComfyUI takes tasks, else 503 with the reason. Of a Darkroom that shows what another does: when it does.
async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.tracker().is_behind() {
        (StatusCode::SERVICE_UNAVAILABLE, "PostgreSQL does not answer\n")
    } else if state.tracker().is_follower() {
        (StatusCode::OK, "ready\n")
    } else if !state.is_writable() {
        (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n")
    } else if state.pool().is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no ComfyUI can be reached\n")
    }
}
