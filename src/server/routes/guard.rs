//! A workflow is code on the GPU machine: what another site's page asks for is refused, and whoever must sign in and has not, too.

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
use crate::access::{Access, AuthError, OriginError, header_text};
use proto::wire::close;

/// For every route: the request comes from a page of ours, or from a program, and is meant for us.
pub(super) async fn same_site(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    // Whoever asks for these knows nothing but an address.
    let is_probe = matches!(request.uri().path(), "/healthz" | "/readyz");
    match access.check_origin(request.method(), request.uri(), request.headers()) {
        Err(stranger) if !is_probe => stranger.into_response(),
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

/// For every route that is not open to everybody. The handlers find the [`Caller`](crate::access::Caller) among the extensions.
pub(super) async fn signed_in(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let peer = access.peer(&parts);
    match access.identify(&parts.headers, peer) {
        Ok(caller) => parts.extensions.insert(caller),
        Err(refused) => return refuse(refused, &parts),
    };
    if changes_something(&parts)
        && let Err(wait) = access.limit_rate(peer)
    {
        return too_many(wait, "There were too many requests from this address.", parts.uri.path());
    }
    next.run(Request::from_parts(parts, body)).await
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The page's own functions are all posted; these only ask.
fn changes_something(parts: &Parts) -> bool {
    const ASKING: [&str; 4] = ["/api/fn/news", "/api/fn/task", "/api/fn/snapshot", "/api/fn/options"];
    !is_read(&parts.method) && !ASKING.contains(&parts.uri.path())
}

/// What a page's own functions are told is in their shape; people are led to the sign-in page; everything else is told in words.
pub(super) fn refuse(refused: AuthError, parts: &Parts) -> Response {
    let path = parts.uri.path();
    let words = match refused {
        AuthError::TooManyAttempts(wait) => return too_many(wait, "There were too many wrong tokens from this address.", path),
        AuthError::WrongToken => "The token is wrong.",
        AuthError::Unauthenticated if path.starts_with("/api/fn/") => close::SIGNED_OUT,
        AuthError::Unauthenticated if is_read(&parts.method) && (is_page(path) || is_navigation(parts)) => {
            let here = parts.uri.path_and_query().map_or("/", |here| here.as_str());
            return no_store(Redirect::to(&sign_in::url(here)).into_response());
        }
        AuthError::Unauthenticated if is_navigation(parts) => return challenged(refused, sign_in::signed_out()),
        AuthError::Unauthenticated => "This needs a token: send it as \"Authorization: Bearer TOKEN\".",
    };
    challenged(refused, (StatusCode::UNAUTHORIZED, told(words, path)).into_response())
}

/// As a page's own functions read an error, or as a line.
fn told(words: &str, path: &str) -> String {
    if path.starts_with("/api/fn/") { format!("ServerError|{words}") } else { format!("{words}\n") }
}

/// The fallback draws pages, too: their addresses are those that nothing else has.
fn is_page(path: &str) -> bool {
    let other = ["/api", "/progress/", "/backends/", "/metrics", "/ws"];
    let of_task = path.strip_prefix("/tasks/").is_some_and(|rest| rest.contains('/'));
    !of_task && !other.iter().any(|start| path.starts_with(start))
}

/// A person opens an address, or sends a form: the answer is shown to them.
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

fn too_many(wait: Duration, words: &str, path: &str) -> Response {
    let (name, value) = retry_after(wait);
    let seconds = value.to_str().unwrap_or("1").to_owned();
    let detail = format!("{words} Try again in {seconds} s.");
    let mut response = (StatusCode::TOO_MANY_REQUESTS, told(&detail, path)).into_response();
    response.extensions_mut().insert(ApiProblem::new(ProblemKind::TooMany, detail));
    response.headers_mut().insert(name, value);
    no_store(response)
}
