//! `/sign-in` and `/sign-out`: a person enters the token once, and the browser keeps a session cookie.

use std::{sync::Arc, time::Duration};

use axum::{
    Form,
    extract::{
        Query, Request, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use cookie::{Cookie, SameSite};
use serde::Deserialize;
use url::form_urlencoded;

use super::retry_after::retry_after;
use crate::AppState;
use crate::access::{Access, AuthError, SIGNED_OUT, header_text};
use proto::limits;
use service::{BasePath, Frontend, SignInError};

/// Where to redirect after signing in.
#[derive(Deserialize)]
pub(super) struct SignInQuery {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
}

/// The url of the sign-in page that redirects to `next` afterwards.
pub(super) fn url(next: &str) -> String {
    let next = form_urlencoded::byte_serialize(on_this_site(next).as_bytes()).collect::<String>();
    format!("/sign-in?next={next}")
}

/// `next` if it is a path on this site that no browser takes for another one, else `/`.
fn on_this_site(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    let is_plain = next.len() <= limits::SIGN_IN_NEXT && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let leads_back = ["/sign-in", "/sign-out"].iter().any(|ours| next.starts_with(ours));
    if is_path && is_plain && !leads_back { next } else { "/" }
}

/// `GET /sign-in?next=…`
pub(super) async fn show(
    State(access): State<Arc<Access>>,
    State(frontend): State<Arc<dyn Frontend>>,
    next: Result<Query<SignInQuery>, QueryRejection>,
    request: Request,
) -> Response {
    let next = next.map(|Query(next)| next.next).unwrap_or_default();
    let next = on_this_site(&next);
    if !access.is_on() || access.session(request.headers()).is_some() {
        return no_store(Redirect::to(next).into_response());
    }
    frontend.sign_in(&BasePath::of(request.extensions()), StatusCode::OK, next, None)
}

/// `POST /sign-in`: sets the session cookie and redirects, or shows the form again with the error.
pub(super) async fn enter(
    State(access): State<Arc<Access>>,
    State(frontend): State<Arc<dyn Frontend>>,
    parts: Parts,
    entered: Result<Form<SignInForm>, FormRejection>,
) -> Response {
    let SignInForm { token, next } = match entered {
        Ok(Form(entered)) => entered,
        Err(rejection) => return rejection.into_response(),
    };
    let next = on_this_site(&next);
    if !access.is_on() {
        return no_store(Redirect::to(next).into_response());
    }
    let base = BasePath::of(&parts.extensions);
    match access.sign_in(token.trim(), access.peer(&parts)) {
        Ok((name, value)) => {
            let cookie = cookie(name, value, access.session_lifetime(), is_https(&access, &parts));
            no_store((cookie, Redirect::to(next)).into_response())
        }
        Err(AuthError::TooManyAttempts(wait)) => {
            let mut response = frontend.sign_in(&base, StatusCode::TOO_MANY_REQUESTS, next, Some(SignInError::TooManyAttempts));
            response.headers_mut().extend([retry_after(wait)]);
            response
        }
        Err(_) if token.trim().is_empty() => frontend.sign_in(&base, StatusCode::UNPROCESSABLE_ENTITY, next, Some(SignInError::NoToken)),
        Err(_) => frontend.sign_in(&base, StatusCode::UNPROCESSABLE_ENTITY, next, Some(SignInError::WrongToken)),
    }
}

/// `POST /sign-out`: revokes the session, which ends the connections of all tabs.
pub(super) async fn leave(State(access): State<Arc<Access>>, State(state): State<AppState>, parts: Parts) -> Response {
    if let Some(session) = access.session(&parts.headers) {
        access.sign_out(session);
        state.store().set_meta(SIGNED_OUT, &access.signed_out());
        if let Err(error) = state.store().flush().await {
            tracing::warn!(%error, "a sign-out is not on disk yet");
        }
    }
    let removed = access.cookie_name().map(|name| cookie(name, String::new(), Duration::ZERO, is_https(&access, &parts)));
    // Pictures are served as immutable, so the browser would keep them in its cache.
    let forget = (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    no_store((removed, [forget], Redirect::to("/sign-in")).into_response())
}

/// The session cookie. A lifetime of zero deletes it. Built with `cookie`: a `CookieJar` of axum-extra would be no shorter for one cookie.
fn cookie(name: &str, value: String, lifetime: Duration, https: bool) -> AppendHeaders<Option<(HeaderName, HeaderValue)>> {
    let max_age = cookie::time::Duration::try_from(lifetime).unwrap_or(cookie::time::Duration::MAX);
    let cookie = Cookie::build((name, value)).path("/").max_age(max_age).http_only(true).same_site(SameSite::Lax).secure(https);
    let value = HeaderValue::try_from(cookie.to_string()).ok().map(|mut value| {
        value.set_sensitive(true);
        (header::SET_COOKIE, value)
    });
    AppendHeaders(value)
}

/// The `Origin` of the form, which was checked before, shows it, too.
fn is_https(access: &Access, parts: &Parts) -> bool {
    access.is_https(&parts.headers)
        || header_text(&parts.headers, header::ORIGIN.as_str()).is_some_and(|origin| origin.starts_with("https://"))
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_stays_on_this_site() {
        for here in ["/", "/queue", "/tasks/7?a=b&c=%20d", "/sign", "/api/docs"] {
            assert_eq!(on_this_site(here), here);
        }
        let elsewhere = [
            "",
            "queue",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\tevil",
            "/a\r\nset-cookie: x",
            "/é",
            " /queue",
            "/sign-in?next=/",
            "/sign-out",
        ];
        for elsewhere in elsewhere {
            assert_eq!(on_this_site(elsewhere), "/", "{elsewhere:?}");
        }
        assert_eq!(on_this_site(&format!("/{}", "x".repeat(limits::SIGN_IN_NEXT))), "/");
        assert_eq!(url("/tasks/7?a=b&c"), "/sign-in?next=%2Ftasks%2F7%3Fa%3Db%26c");
    }

    #[test]
    fn the_cookie_is_http_only_and_lax() {
        let text = |life, https| {
            let response = (cookie("n", "v".into(), Duration::from_secs(life), https), ()).into_response();
            response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned()
        };
        assert_eq!(text(9, true), "n=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=9");
        assert!(!text(9, false).contains("Secure"));
        assert!(text(0, false).contains("Max-Age=0"));
    }
}
