//! Who may use the gateway. Clients of ComfyUI have no sign-in, so the token may also be in the address: `?token=…`, or a path that begins with `/t/TOKEN/`.

use std::sync::Arc;

use axum::{
    Router,
    extract::{OriginalUri, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use cookie::{Cookie, SameSite};
use percent::decoded;
use tower::ServiceExt;
use url::form_urlencoded;

use super::{shared::Gateway, table::table};
use crate::access::{Access, AuthError};

#[derive(Clone)]
struct Entrance {
    access: Arc<Access>,
    inside: Router,
}

/// The gateway, for a port of its own or below a path.
pub fn router(gateway: Gateway, access: Arc<Access>) -> Router {
    Router::new().fallback(enter).with_state(Entrance { access, inside: table(gateway) })
}

async fn enter(State(Entrance { access, inside }): State<Entrance>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let given = GivenToken::take(&mut parts.uri);
    let peer = access.peer(&parts);
    // As ComfyUI does it: pages of other sites may not use it.
    if access.check_origin(&parts.method, &parts.uri, &parts.headers).is_err() {
        return (StatusCode::FORBIDDEN, "This request comes from another site, or names another host, and is refused.\n").into_response();
    }
    let mut allowed = access.identify(&parts.headers, peer);
    if let (Err(AuthError::Unauthenticated | AuthError::WrongToken), Some(token)) = (&allowed, given.token()) {
        allowed = match HeaderValue::try_from(format!("Bearer {token}")) {
            Ok(value) => access.identify(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]), peer),
            Err(_) => Err(AuthError::WrongToken),
        };
    }
    if let Err(refused) = allowed {
        let status = if let AuthError::TooManyAttempts(_) = refused { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNAUTHORIZED };
        let words =
            "This needs Darkroom's token: \"Authorization: Bearer TOKEN\", ?token=TOKEN, or an address that begins with /t/TOKEN/.\n";
        return (status, [(header::WWW_AUTHENTICATE, "Bearer realm=\"darkroom\"")], words).into_response();
    }
    let is_read = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !is_read && let Err(wait) = access.limit_rate(peer) {
        let after = wait.as_secs().saturating_add(1).to_string();
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, after)], "There were too many requests from this address.\n")
            .into_response();
    }
    // The page finds its files relative to its own address.
    if parts.uri.path() == "/"
        && let Some(OriginalUri(whole)) = parts.extensions.get()
        && !whole.path().ends_with('/')
    {
        return Redirect::permanent(&format!("{}/", whole.path())).into_response();
    }
    let session = match &given {
        GivenToken::Query(token) if is_read && access.is_on() => access.sign_in(token, peer).ok().map(|(name, value)| {
            let lifetime = cookie::time::Duration::try_from(access.session_lifetime()).unwrap_or(cookie::time::Duration::MAX);
            let cookie = Cookie::build((name.to_owned(), value)).path("/").max_age(lifetime).http_only(true);
            cookie.same_site(SameSite::Lax).secure(access.is_https(&parts.headers)).to_string()
        }),
        _ => None,
    };
    let response = match inside.oneshot(Request::from_parts(parts, body)).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    with_cookie(response, session)
}

/// So that what the page loads next needs no token in its address.
fn with_cookie(mut response: Response, session: Option<String>) -> Response {
    if let Some(mut value) = session.and_then(|session| HeaderValue::try_from(session).ok()) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// A token in the address. It is not shown.
enum GivenToken {
    None,
    Query(String),
    Path(String),
}

impl GivenToken {
    fn token(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Query(token) | Self::Path(token) => Some(token),
        }
    }

    /// Takes the token out of an address, so that nobody behind sees it.
    fn take(uri: &mut Uri) -> Self {
        let path = uri.path().to_owned();
        let query = uri.query().map(str::to_owned);
        if let Some((token, rest)) = path.strip_prefix("/t/").and_then(|rest| rest.split_once('/')) {
            let Some(inner) = address(&format!("/{rest}"), query.as_deref()) else { return Self::None };
            *uri = inner;
            return Self::Path(decoded(token));
        }
        let token = query.as_deref().and_then(|query| {
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token").map(|(_, token)| token.into_owned())
        });
        let Some(token) = token else { return Self::None };
        // The other parameters stay as they were written.
        let others: Vec<&str> = query.as_deref().unwrap_or_default().split('&').filter(|pair| !is_token(pair)).collect();
        let others = others.join("&");
        if let Some(inner) = address(&path, Some(others.as_str()).filter(|others| !others.is_empty())) {
            *uri = inner;
        }
        Self::Query(token)
    }
}

fn is_token(pair: &str) -> bool {
    pair == "token" || pair.starts_with("token=")
}

fn address(path: &str, query: Option<&str>) -> Option<Uri> {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{path}{query}").parse().ok()
}

/// Percent-encoding in one part of a path.
mod percent {
    use url::form_urlencoded;

    pub(super) fn decoded(part: &str) -> String {
        // In a path a plus sign is itself.
        let query = format!("x={}", part.replace('+', "%2B").replace('&', "%26"));
        form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned()).next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(address: &str) -> (Option<String>, String) {
        let mut uri: Uri = address.parse().unwrap();
        let given = GivenToken::take(&mut uri);
        (given.token().map(str::to_owned), uri.to_string())
    }

    #[test]
    fn a_token_is_taken_out_of_the_address() {
        assert_eq!(take("/queue?a=%2F&b"), (None, "/queue?a=%2F&b".into()));
        assert_eq!(take("/queue?token=se%2Bcret&a=%2F"), (Some("se+cret".into()), "/queue?a=%2F".into()));
        assert_eq!(take("/queue?token=secret"), (Some("secret".into()), "/queue".into()));
        assert_eq!(take("/t/secret/api/userdata/a%2Fb?x=1"), (Some("secret".into()), "/api/userdata/a%2Fb?x=1".into()));
        assert_eq!(take("/t/secret/"), (Some("secret".into()), "/".into()));
        assert_eq!(take("/t/secret"), (None, "/t/secret".into()));
        assert_eq!(take("/templates/x?tokens=1"), (None, "/templates/x?tokens=1".into()));
    }
}
