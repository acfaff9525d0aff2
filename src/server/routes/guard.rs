//! A workflow is code on the GPU machine: what another site's page asks for is refused.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Refuses unsafe methods and WebSocket handshakes of another origin. Programs send no `Origin` and pass.
pub(super) async fn same_origin(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) && !headers.contains_key(header::UPGRADE);
    if !is_safe && is_foreign(headers) {
        return (StatusCode::FORBIDDEN, "This request comes from another site and is refused.\n").into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site") == Some("cross-site") {
        return true;
    }
    // Behind a proxy the scheme may differ, the host must not.
    text("origin").is_some_and(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        host.is_none() || host != text("host")
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn foreign(fields: &[(&'static str, &'static str)]) -> bool {
        is_foreign(&fields.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect())
    }

    #[test]
    fn knows_its_own_pages_from_others() {
        assert!(!foreign(&[("host", "127.0.0.1:3000")]));
        assert!(!foreign(&[("host", "127.0.0.1:3000"), ("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-origin")]));
        assert!(foreign(&[("host", "127.0.0.1:3000"), ("origin", "http://evil.example")]));
        assert!(foreign(&[("host", "127.0.0.1:3000"), ("origin", "http://127.0.0.1:3001")]));
        assert!(foreign(&[("host", "127.0.0.1:3000"), ("origin", "null")]));
        assert!(foreign(&[("host", "127.0.0.1:3000"), ("sec-fetch-site", "cross-site")]));
    }
}
