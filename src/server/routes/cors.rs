//! The headers by which browsers let pages of other sites use the API (CORS): only those of `[server] cors_origins`.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header, request::Parts};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// How long a browser remembers what it may send.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Answers the questions of browsers beforehand (preflight requests) too. `may`: whether pages of this origin may use this path. Cookies are not allowed: the token
/// is, in a header.
pub(crate) fn layer(may: impl Fn(&str, &str) -> bool + Clone + Send + Sync + 'static) -> CorsLayer {
    let may = move |origin: &HeaderValue, parts: &Parts| origin.to_str().is_ok_and(|origin| may(origin, parts.uri.path()));
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(may))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::LOCATION,
            header::ETAG,
            header::RETRY_AFTER,
            header::CONTENT_DISPOSITION,
            header::CONTENT_RANGE,
            HeaderName::from_static("idempotency-replayed"),
        ])
        .max_age(MAX_AGE)
}
