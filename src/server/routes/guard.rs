//! Middleware that refuses requests of other sites' pages and requests without authentication: a workflow is code that runs on the GPU machine.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use super::{
    api::{ApiProblem, ProblemKind},
    retry_after::retry_after,
    sign_in,
};
use crate::access::{Access, AuthError, Caller, OriginError, header_text, take_query_token};
use service::{BasePath, Frontend, SignedIn};

/// For every route: refuses requests of other sites, and requests for unknown host names.
pub(super) async fn same_site(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    // Health probes use an IP address or any name as the host.
    let is_probe = matches!(request.uri().path(), "/healthz" | "/readyz");
    match access.check_origin(request.method(), request.uri(), request.headers()) {
        Err(error) if !is_probe => error.into_response(),
        _ => next.run(request).await,
    }
}

impl IntoResponse for OriginError {
    fn into_response(self) -> Response {
        let (kind, words) = match self {
            Self::OtherSite => (ProblemKind::Forbidden, "This request comes from another site and is refused."),
            Self::WrongHost => (
                ProblemKind::WrongHost,
                "Darkroom does not know this host name. Put the address that people open into [server] origins, such as \
                 [\"https://studio.example\"], or set a token (--token-file).",
            ),
        };
        (kind.status(), format!("{words}\n")).into_response()
    }
}

/// For event streams: `EventSource` of a browser can send no header, so `?token=TOKEN` counts like `Authorization: Bearer TOKEN`, unless that is there.
pub(super) async fn token_in_address(mut request: Request) -> Request {
    if *request.method() == Method::GET
        && let Some(token) = take_query_token(request.uri_mut())
        && let Ok(mut value) = HeaderValue::try_from(format!("Bearer {token}"))
    {
        value.set_sensitive(true);
        request.headers_mut().entry(header::AUTHORIZATION).or_insert(value);
    }
    request
}

/// For every route that needs authentication, where that is on. Handlers find the [`Caller`] among the extensions.
pub(super) async fn signed_in(
    State((access, frontend)): State<(Arc<Access>, Arc<dyn Frontend>)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let peer = access.peer(&parts);
    match access.identify(&parts.headers, peer) {
        Ok(caller) => {
            parts.extensions.insert(caller);
            if matches!(caller, Caller::Person(_)) {
                parts.extensions.insert(SignedIn);
            }
        }
        Err(refused) => return refuse(refused, &parts, &*frontend),
    }
    if is_mutating(&parts)
        && let Err(wait) = access.limit_rate(peer)
    {
        return too_many(wait, "There were too many requests from this address.", parts.uri.path(), &*frontend);
    }
    next.run(Request::from_parts(parts, body)).await
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Server functions are all sent by `POST`; the listed ones only read.
fn is_mutating(parts: &Parts) -> bool {
    const READING: [&str; 4] = ["/api/fn/news", "/api/fn/task", "/api/fn/options", "/api/fn/open"];
    !is_read(&parts.method) && !READING.contains(&parts.uri.path())
}

/// The response to a request that is not authenticated: an encoded error for server functions, a redirect to the sign-in page for people, and a
/// line of text for everything else.
pub(super) fn refuse(refused: AuthError, parts: &Parts, frontend: &dyn Frontend) -> Response {
    let path = parts.uri.path();
    let words = match refused {
        AuthError::TooManyAttempts(wait) => {
            return too_many(wait, "The token is wrong, and too many wrong ones came from this address.", path, frontend);
        }
        AuthError::WrongToken => "The token is wrong.",
        AuthError::Unauthenticated if is_server_fn(path) => {
            return challenged(refused, (StatusCode::UNAUTHORIZED, frontend.signed_out_call()).into_response());
        }
        AuthError::Unauthenticated if is_read(&parts.method) && (is_page(path) || is_navigation(parts)) => {
            let here = parts.uri.path_and_query().map_or("/", |here| here.as_str());
            return no_store(Redirect::to(&sign_in::url(here)).into_response());
        }
        AuthError::Unauthenticated if is_navigation(parts) => {
            return challenged(refused, frontend.signed_out(&BasePath::of(&parts.extensions)));
        }
        AuthError::Unauthenticated => "This needs a token: send it as \"Authorization: Bearer TOKEN\".",
    };
    challenged(refused, (StatusCode::UNAUTHORIZED, error_body(words, path, frontend)).into_response())
}

/// An error as server functions decode it, or a line of text.
fn error_body(words: &str, path: &str, frontend: &dyn Frontend) -> String {
    if is_server_fn(path) { frontend.refused_call(words) } else { format!("{words}\n") }
}

fn is_server_fn(path: &str) -> bool {
    path.starts_with("/api/fn/")
}

/// The fallback route renders pages, so every path that belongs to no other route is one.
fn is_page(path: &str) -> bool {
    let other = ["/api", "/progress/", "/backends/", "/model-previews/", "/metrics", "/ws"];
    let of_task = ["/tasks/", "/gallery/"].iter().any(|start| path.strip_prefix(start).is_some_and(|rest| rest.contains('/')));
    !of_task && !other.iter().any(|start| path.starts_with(start))
}

/// The browser shows the response as a document: a person opened an address or sent a form.
fn is_navigation(parts: &Parts) -> bool {
    match header_text(&parts.headers, "sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => header_text(&parts.headers, header::ACCEPT.as_str()).is_some_and(|accepts| accepts.contains("text/html")),
    }
}

fn challenged(refused: AuthError, mut response: Response) -> Response {
    let challenge = match refused {
        AuthError::WrongToken => "Bearer realm=\"darkroom\", error=\"invalid_token\"",
        _ => "Bearer realm=\"darkroom\"",
    };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    no_store(response)
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn too_many(wait: Duration, words: &str, path: &str, frontend: &dyn Frontend) -> Response {
    let (name, value) = retry_after(wait);
    let seconds = value.to_str().unwrap_or("1").to_owned();
    let detail = format!("{words} Try again in {seconds} s.");
    let mut response = (StatusCode::TOO_MANY_REQUESTS, error_body(&detail, path, frontend)).into_response();
    response.extensions_mut().insert(ApiProblem::new(ProblemKind::TooMany, detail));
    response.headers_mut().insert(name, value);
    no_store(response)
}
