//! Who may use the gateway. Clients of ComfyUI have no sign-in, so the token may also be in the address: `?token=…`, or, where that is configured, a path that begins
//! with `/t/TOKEN/`.

use std::sync::Arc;

use axum::{
    Router,
    extract::{OriginalUri, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use cookie::{Cookie, SameSite};
use tower::{ServiceExt, util::option_layer};

use super::{shared::Gateway, table::table, viewer::Viewer};
use crate::{
    access::{Access, AuthError, take_path_token, take_query_token},
    config::ClientVisibility,
    routes::cors_layer,
};

#[derive(Clone)]
struct Entrance {
    access: Arc<Access>,
    visibility: ClientVisibility,
    token_in_path: bool,
    inside: Router,
}

/// The gateway, for a port of its own or below a path.
pub fn router(gateway: Gateway, access: Arc<Access>) -> Router {
    let cors = access.has_cors().then(|| {
        let access = access.clone();
        cors_layer(move |origin, _| access.is_cors_origin(origin))
    });
    let (visibility, token_in_path) = (gateway.visibility, gateway.token_in_path);
    let entrance = Entrance { access, visibility, token_in_path, inside: table().with_state(gateway) };
    Router::new().fallback(enter).with_state(entrance).layer(option_layer(cors))
}

async fn enter(State(entrance): State<Entrance>, request: Request) -> Response {
    let Entrance { access, visibility, token_in_path, inside } = entrance;
    let (mut parts, body) = request.into_parts();
    let given = GivenToken::take(&mut parts.uri, token_in_path);
    let peer = access.peer(&parts);
    // As ComfyUI does it: pages of other sites may not use it.
    if access.check_client_origin(&parts.method, &parts.uri, &parts.headers).is_err() {
        return (StatusCode::FORBIDDEN, "This request comes from another site, or names another host, and is refused.\n").into_response();
    }
    let mut allowed = access.identify(&parts.headers, peer);
    if let (Err(AuthError::Unauthenticated | AuthError::WrongToken), Some(token)) = (&allowed, given.token()) {
        allowed = match HeaderValue::try_from(format!("Bearer {token}")) {
            Ok(value) => access.identify(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]), peer),
            Err(_) => Err(AuthError::WrongToken),
        };
    }
    let caller = match allowed {
        Ok(caller) => caller,
        Err(refused) => return refuse(refused, token_in_path),
    };
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
    parts.extensions.insert(Viewer::new(Access::submitter(caller, peer), parts.uri.query(), visibility));
    let response = match inside.oneshot(Request::from_parts(parts, body)).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    with_cookie(response, session)
}

fn refuse(refused: AuthError, token_in_path: bool) -> Response {
    let status = if let AuthError::TooManyAttempts(_) = refused { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNAUTHORIZED };
    let path = if token_in_path { ", or an address that begins with /t/TOKEN/" } else { "" };
    let words = format!("This needs Darkroom's token: \"Authorization: Bearer TOKEN\", or ?token=TOKEN{path}.\n");
    (status, [(header::WWW_AUTHENTICATE, "Bearer realm=\"darkroom\"")], words).into_response()
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
    fn take(uri: &mut Uri, in_path: bool) -> Self {
        let of_path = if in_path { take_path_token(uri) } else { None };
        of_path.map(Self::Path).or_else(|| take_query_token(uri).map(Self::Query)).unwrap_or(Self::None)
    }
}
