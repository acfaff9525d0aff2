//! Darkroom below a base path, as a part of a site. Everything inside knows only its own paths: they are taken out of requests here, and in answers the base path is put
//! before those in `Location` and before the `Path` of cookies. What a body has of addresses, its handler writes.

use axum::{
    Router,
    extract::{OriginalUri, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use cookie::Cookie;
use service::BasePath;
use tower::ServiceExt;

use crate::access::header_text;

/// A header of proxies that take a prefix off the path before they pass a request on: that prefix.
const FORWARDED_PREFIX: &str = "x-forwarded-prefix";

#[derive(Clone)]
struct Mount {
    base: BasePath,
    behind_proxy: bool,
    app: Router,
}

/// `app` below the base path, and a hint everywhere else.
///
/// `behind_proxy`: `X-Forwarded-Prefix` is trusted, so a proxy may take the base path off.
pub(crate) fn below(base: &BasePath, behind_proxy: bool, app: Router) -> Router {
    if base.is_empty() {
        return app;
    }
    Router::new().fallback(enter).with_state(Mount { base: base.clone(), behind_proxy, app })
}

async fn enter(State(Mount { base, behind_proxy, app }): State<Mount>, mut request: Request) -> Response {
    let prefix = request.headers_mut().remove(FORWARDED_PREFIX).filter(|_| behind_proxy);
    let Some((whole, inner)) = addresses(&base, request.uri(), prefix.as_ref()) else {
        return outside(&base, &request);
    };
    request.extensions_mut().insert(OriginalUri(whole));
    request.extensions_mut().insert(base.clone());
    *request.uri_mut() = inner;
    let mut response = match app.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    lead_back(&base, response.headers_mut());
    response
}

/// The address of a request as the browser wrote it, and the one inside. `None`: it is not below the base path.
fn addresses(base: &BasePath, uri: &Uri, prefix: Option<&HeaderValue>) -> Option<(Uri, Uri)> {
    let written = uri.path_and_query()?.as_str();
    let whole = match (base.strip(written), prefix.and_then(|prefix| prefix.to_str().ok())) {
        (None, Some(prefix)) => format!("{}{written}", prefix.trim_end_matches('/')),
        _ => written.to_owned(),
    };
    let inside = base.strip(&whole)?;
    let slash = if inside.starts_with('/') { "" } else { "/" };
    Some((whole.parse().ok()?, format!("{slash}{inside}").parse().ok()?))
}

fn outside(base: &BasePath, request: &Request) -> Response {
    if request.uri().path() == "/" && matches!(*request.method(), Method::GET | Method::HEAD) {
        return Redirect::temporary(&base.join("/")).into_response();
    }
    let hint = format!("Nothing is here: this Darkroom is at {} (--base-path).\n", base.join("/"));
    (StatusCode::NOT_FOUND, [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")], hint).into_response()
}

/// Puts the base path before the paths in the headers of an answer. A `Location` that has it already stays.
fn lead_back(base: &BasePath, headers: &mut HeaderMap) {
    let location = header_text(headers, header::LOCATION.as_str());
    let is_inside = |path: &&str| path.starts_with('/') && !path.starts_with("//") && base.strip(path).is_none();
    if let Some(location) = location.filter(is_inside).and_then(|path| HeaderValue::try_from(base.join(path)).ok()) {
        headers.insert(header::LOCATION, location);
    }
    let header::Entry::Occupied(cookies) = headers.entry(header::SET_COOKIE) else { return };
    let (name, cookies) = cookies.remove_entry_mult();
    let cookies: Vec<HeaderValue> = cookies.map(|cookie| with_path(base, cookie)).collect();
    for cookie in cookies {
        headers.append(name.clone(), cookie);
    }
}

/// A cookie of the whole site becomes one of what is below the base path.
fn with_path(base: &BasePath, value: HeaderValue) -> HeaderValue {
    let Some(mut cookie) = value.to_str().ok().and_then(|text| Cookie::parse(text).ok()) else { return value };
    if cookie.path() != Some("/") {
        return value;
    }
    cookie.set_path(base.as_str());
    let mut changed = HeaderValue::try_from(cookie.to_string()).unwrap_or_else(|_| value.clone());
    changed.set_sensitive(value.is_sensitive());
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> BasePath {
        "/darkroom".parse().unwrap()
    }

    fn inner(address: &str, prefix: Option<&'static str>) -> Option<(String, String)> {
        let prefix = prefix.map(HeaderValue::from_static);
        addresses(&base(), &address.parse().unwrap(), prefix.as_ref()).map(|(whole, inner)| (whole.to_string(), inner.to_string()))
    }

    #[test]
    fn the_base_path_is_taken_off() {
        for (address, inside) in
            [("/darkroom", "/"), ("/darkroom/", "/"), ("/darkroom?a=b", "/?a=b"), ("/darkroom/tasks/1%2F?a=%20", "/tasks/1%2F?a=%20")]
        {
            assert_eq!(inner(address, None), Some((address.into(), inside.into())));
        }
        for outside in ["/", "/tasks/1", "/darkrooms", "/x/darkroom"] {
            assert_eq!(inner(outside, None), None, "{outside}");
        }
    }

    #[test]
    fn a_proxy_may_have_taken_it_off_already() {
        assert_eq!(inner("/tasks/1?a", Some("/darkroom")), Some(("/darkroom/tasks/1?a".into(), "/tasks/1?a".into())));
        assert_eq!(inner("/", Some("/darkroom/")), Some(("/darkroom/".into(), "/".into())));
        assert_eq!(
            inner("/darkroom/queue", Some("/darkroom")),
            Some(("/darkroom/queue".into(), "/queue".into())),
            "named, but not taken off"
        );
        assert_eq!(inner("/queue", Some("/other")), None);
    }

    #[test]
    fn answers_lead_below_the_base_path() {
        let led = |name, value: &'static str| {
            let mut headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            lead_back(&base(), &mut headers);
            headers.values().next().unwrap().to_str().unwrap().to_owned()
        };
        let location = |value| led(header::LOCATION, value);
        assert_eq!([location("/tasks/1"), location("/")], ["/darkroom/tasks/1", "/darkroom/"]);
        for stays in ["/darkroom/tasks/1", "/darkroom?a", "https://other.example/", "//other.example/", "tasks/1"] {
            assert_eq!(location(stays), stays);
        }
        assert_eq!(
            led(header::SET_COOKIE, "n=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=9"),
            "n=v; HttpOnly; SameSite=Lax; Path=/darkroom; Max-Age=9"
        );
        assert_eq!(led(header::SET_COOKIE, "n=v; Path=/other"), "n=v; Path=/other");
    }

    #[test]
    fn every_cookie_keeps_its_place_and_its_secrecy() {
        let mut secret = HeaderValue::from_static("a=1; Path=/");
        secret.set_sensitive(true);
        let mut headers = HeaderMap::from_iter([(header::SET_COOKIE, secret), (header::SET_COOKIE, HeaderValue::from_static("b=2"))]);
        lead_back(&base(), &mut headers);
        let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; Path=/darkroom", "b=2"]);
        assert_eq!(cookies.iter().map(|cookie| cookie.is_sensitive()).collect::<Vec<_>>(), [true, false]);
    }
}
