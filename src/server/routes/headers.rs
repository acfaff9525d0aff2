//! Security headers of every response: content security policy, framing, referrer, and permissions.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::access::Access;

/// The policy of responses that are no document: opened as one, they load and run nothing.
const NOTHING: &str = "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";
/// One year.
const HTTPS_ONLY: &str = "max-age=31536000";

/// The policy of documents whose scripts and styles are all files, such as those of `/client`.
pub(super) const PLAIN_DOCUMENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

pub(super) async fn secure(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let https = access.is_https(request.headers());
    let mut response = next.run(request).await;
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, NOTHING),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Own forms send their referrer, other sites never get one.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ];
    let https = https.then_some((header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY));
    for (name, value) in fixed.into_iter().chain(https) {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
