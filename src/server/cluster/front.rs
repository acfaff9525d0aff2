//! What answers requests while a Darkroom becomes the owner, or another one does. The ports stay open meanwhile.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use proto::limits;
use tokio::{sync::watch, time::timeout};
use tower::ServiceExt;

use super::{
    forwarded,
    forwarder::{Forwarder, copy, not_owner},
};
use crate::routes::{error_bodies, mark_shaped};

/// Of one port.
pub struct FrontPort {
    forwarder: Arc<Forwarder>,
    /// Of paths at the owner.
    prefix: String,
    front: watch::Sender<Front>,
}

/// What is answered here.
#[derive(Clone, Default)]
pub enum Front {
    /// Nothing: the owner answers.
    #[default]
    Elsewhere,
    /// What reads only what the owner shows to everybody.
    Partly(Router),
    /// Everything, with the holder of the owner's lease.
    Here(Router, Arc<str>),
}

impl FrontPort {
    #[must_use]
    pub fn new(forwarder: Arc<Forwarder>, prefix: String) -> Arc<Self> {
        Arc::new(Self { forwarder, prefix, front: watch::Sender::default() })
    }

    pub fn set(&self, front: Front) {
        self.front.send_replace(front);
    }

    pub fn router(self: Arc<Self>) -> Router {
        error_bodies(Router::new().fallback(answer).with_state(self))
    }
}

async fn answer(State(port): State<Arc<FrontPort>>, mut request: Request) -> Response {
    let mut front = port.front.borrow().clone();
    if forwarded::is_forwarded(request.headers()) && !matches!(front, Front::Here(..)) {
        if port.forwarder.is_for_the_past(request.headers()) {
            return not_owner();
        }
        // It is becoming the owner.
        let mut later = port.front.subscribe();
        let becoming = later.wait_for(|front| matches!(front, Front::Here(..)));
        match timeout(limits::FORWARD_BECOMING, becoming).await {
            Ok(Ok(here)) => front = here.clone(),
            _ => return not_owner(),
        }
    }
    let path = request.uri().path();
    let router = match front {
        Front::Here(router, holder) => {
            if !forwarded::unwrap(&mut request, &holder) {
                return not_owner();
            }
            router
        }
        Front::Partly(router) if is_answered_by_all(request.method(), path) => return answer_here(&port, router, request).await,
        // It lives.
        Front::Elsewhere if path == "/healthz" => return "ok\n".into_response(),
        Front::Elsewhere if path == "/readyz" => {
            return (StatusCode::SERVICE_UNAVAILABLE, "waits for the first copy of the database\n").into_response();
        }
        Front::Elsewhere | Front::Partly(_) => return port.forwarder.forward(request, &port.prefix).await,
    };
    mark_shaped(router.oneshot(request).await.unwrap_or_else(|never| match never {}))
}

/// What is not known here may be known to the owner, which is a little ahead.
async fn answer_here(port: &FrontPort, router: Router, request: Request) -> Response {
    let copy = copy(&request);
    let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
    if response.status() == StatusCode::NOT_FOUND { port.forwarder.forward(copy, &port.prefix).await } else { mark_shaped(response) }
}

/// What each Darkroom answers from what it shows and from its own files. Everything else asks or changes what only the owner knows.
fn is_answered_by_all(method: &Method, path: &str) -> bool {
    const PATHS: [&str; 6] = ["/ws", "/healthz", "/readyz", "/metrics", "/favicon.ico", "/sign-in.css"];
    if !matches!(*method, Method::GET | Method::HEAD) {
        return false;
    }
    let is_stream = path == "/api/events" || path.starts_with("/progress/");
    PATHS.contains(&path) || path.starts_with("/assets/") || path.starts_with("/client/") || is_stream
}
