//! Serves the engine on a listener: routes, Origin check, worker thread, shutdown.

use std::{io, sync::Arc, thread};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderMap, Method, StatusCode, Uri, header, uri::Authority},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    app::{App, MAX_UPLOAD},
    engine::Engine,
    faults::{self, Port, Wire},
    jobs, model_files,
    options::Options,
    prompts, python, routes, uploads, view, worker, ws,
};

/// Serves until `shutdown` completes. Then the running prompt is dropped, and open sockets end without a close frame, as
/// when ComfyUI stops (fact 5).
///
/// # Errors
/// When the folders of `options.dir` cannot be created, the worker thread cannot start, or the listener fails.
pub async fn serve(listener: TcpListener, options: Options, shutdown: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let engine = Arc::new(Engine::new(&options)?);
    let closing = CancellationToken::new();
    let worker = {
        let engine = Arc::clone(&engine);
        thread::Builder::new().name("demo-worker".to_owned()).spawn(move || worker::work(&engine))?
    };
    let app = Arc::new(App { engine: Arc::clone(&engine), closing: closing.clone() });
    let ending = {
        let engine = Arc::clone(&engine);
        async move {
            shutdown.await;
            closing.cancel();
            engine.stop();
            // A frozen connection would never end.
            engine.wires.thaw_all();
        }
    };
    let port = Port::new(listener, Arc::clone(&engine.wires))?;
    let service = router(app, options.faults).into_make_service_with_connect_info::<Wire>();
    let served = axum::serve(port, service).with_graceful_shutdown(ending).await;
    engine.stop();
    let joined = tokio::task::spawn_blocking(move || worker.join()).await;
    if !matches!(joined, Ok(Ok(()))) {
        tracing::error!("the demo engine's worker ended badly");
    }
    served
}

/// Every route with and without `/api` (fact 43).
fn router(app: Arc<App>, takes_orders: bool) -> Router {
    let mut routes = Router::new()
        .route("/ws", get(ws::upgrade))
        .route("/prompt", get(routes::prompt_info).post(prompts::submit))
        .route("/queue", get(routes::queue).post(routes::change_queue))
        .route("/interrupt", post(routes::interrupt))
        .route("/free", post(routes::free))
        .route("/history", get(routes::history).post(routes::change_history))
        .route("/history/{id}", get(routes::history_of))
        .route("/view", get(view::view))
        .route("/upload/image", post(uploads::image))
        .route("/upload/mask", post(uploads::mask))
        .route("/object_info", get(routes::object_info))
        .route("/object_info/{class}", get(routes::object_info_of))
        .route("/system_stats", get(routes::system_stats))
        .route("/features", get(routes::features))
        .route("/models", get(routes::models))
        .route("/models/{folder}", get(routes::models_in))
        .route("/embeddings", get(routes::no_list))
        .route("/experiment/models/{folder}", get(model_files::list))
        .route("/experiment/models/preview/{folder}/{index}/{*file}", get(model_files::preview))
        .route("/view_metadata/{folder}", get(model_files::metadata))
        .route("/extensions", get(routes::no_list))
        .route("/internal/files/{folder}", get(routes::files_in))
        .route("/api/jobs", get(jobs::list))
        .route("/api/jobs/{id}", get(jobs::one));
    if app.engine.atomic_cancel {
        routes = routes.route("/api/jobs/{id}/cancel", post(jobs::cancel));
    }
    let mut all = Router::new().nest("/api", routes.clone()).merge(routes);
    if takes_orders {
        all = all.merge(faults::routes()).layer(middleware::from_fn_with_state(Arc::clone(&app), faults::answer));
    }
    all.method_not_allowed_fallback(no_route)
        .fallback(no_route)
        .layer(DefaultBodyLimit::max(MAX_UPLOAD))
        .layer(middleware::from_fn(check_origin))
        .with_state(app)
}

/// ComfyUI serves its web client's files under every other path, so a GET is "not found" even where only
/// a POST route exists (fact 47).
async fn no_route(method: Method) -> Response {
    if method == Method::GET || method == Method::HEAD {
        return reply(StatusCode::NOT_FOUND, "application/octet-stream", "");
    }
    reply(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "405: Method Not Allowed")
}

fn reply(status: StatusCode, kind: &'static str, text: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Refuses requests from pages of other origins when the host is a loopback name (fact 47).
async fn check_origin(request: Request, next: Next) -> Response {
    if comes_from_elsewhere(request.headers()) {
        return python::empty(StatusCode::FORBIDDEN);
    }
    if request.method() == Method::OPTIONS {
        return python::empty(StatusCode::OK);
    }
    next.run(request).await
}

fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (value(header::HOST), value(header::ORIGIN)) {
        (Some(host), Some(origin)) => is_foreign(host, origin),
        _ => false,
    }
}

fn is_foreign(host: &str, origin: &str) -> bool {
    let (Ok(host), Ok(origin)) = (host.parse::<Authority>(), origin.parse::<Uri>()) else {
        return false;
    };
    let Some(origin) = origin.authority() else {
        return false;
    };
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    let loopback = name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    // Ports are compared only when both have one.
    let same_port = host.port_u16().is_none() || origin.port_u16().is_none() || host.port_u16() == origin.port_u16();
    loopback && !(host.host().eq_ignore_ascii_case(origin.host()) && same_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_checked_only_for_loopback_hosts() {
        assert!(is_foreign("127.0.0.1:8188", "http://example.com"));
        assert!(is_foreign("localhost:8188", "http://localhost:3000"));
        assert!(!is_foreign("127.0.0.1:8188", "http://127.0.0.1:8188"));
        assert!(!is_foreign("127.0.0.1:8188", "http://127.0.0.1"));
        assert!(!is_foreign("comfy.example.com", "http://example.com"));
    }
}
