//! Faults of HTTP: wrong, late or missing answers.

use std::{
    future::pending,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use tokio::time::sleep;

use super::{
    order::{Answer, Fault},
    wire::Wire,
};
use crate::{app::App, python};

/// Middleware of every request.
pub(crate) async fn answer(State(app): State<Arc<App>>, ConnectInfo(wire): ConnectInfo<Wire>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/_demo/") {
        wire.spare();
        return next.run(request).await;
    }
    let bare = path.strip_prefix("/api").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let asked = format!("{} {bare}", request.method());
    let wrong = app.engine.orders.take_fault(None, |fault| match fault {
        Fault::Http { route, answer } if matches_route(route, &asked) => Some(answer.clone()),
        _ => None,
    });
    let Some(wrong) = wrong else { return next.run(request).await };
    app.engine.orders.wronged.fetch_add(1, Ordering::Relaxed);
    // A request that hangs must not block shutdown.
    tokio::select! {
        response = wrongly(wrong, &wire, request, next) => response,
        () = app.closing.cancelled() => python::trouble(),
    }
}

async fn wrongly(answer: Answer, wire: &Wire, request: Request, next: Next) -> Response {
    // An answer on a closed connection is not received.
    match answer {
        Answer::Status(code) => with_status(code),
        Answer::Page(code) => {
            let status = StatusCode::from_u16(code).unwrap_or(StatusCode::OK);
            (status, Html("<!DOCTYPE html><title>A proxy</title><h1>Please wait</h1>")).into_response()
        }
        Answer::Redirect { status, to } => {
            let asked = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
            (status, [(header::LOCATION, to.replace("{path}", asked))]).into_response()
        }
        Answer::Delay(ms) => {
            let response = next.run(request).await;
            sleep(Duration::from_millis(ms)).await;
            response
        }
        Answer::Hang => pending().await,
        Answer::HangAfter => {
            next.run(request).await;
            pending().await
        }
        Answer::DropBefore => {
            wire.cut();
            python::trouble()
        }
        Answer::DropAfter => {
            next.run(request).await;
            wire.cut();
            python::trouble()
        }
    }
}

/// aiohttp's body for 500, the only status it sends by itself; otherwise empty.
pub(crate) fn with_status(code: u16) -> Response {
    match StatusCode::from_u16(code) {
        Ok(StatusCode::INTERNAL_SERVER_ERROR) | Err(_) => python::trouble(),
        Ok(status) => python::empty(status),
    }
}

fn matches_route(route: &str, asked: &str) -> bool {
    if route == "*" {
        return asked != "GET /ws";
    }
    // Whole segments only: `/history` does not match `/history_of`.
    asked.strip_prefix(route).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || route.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::matches_route;

    #[test]
    fn a_route_is_a_method_and_the_beginning_of_a_path() {
        assert!(matches_route("GET /history", "GET /history"));
        assert!(matches_route("GET /history", "GET /history/a"));
        assert!(!matches_route("GET /history", "POST /history"));
        assert!(!matches_route("GET /hist", "GET /history"));
        assert!(matches_route("*", "POST /prompt"));
        assert!(!matches_route("*", "GET /ws"));
    }
}
