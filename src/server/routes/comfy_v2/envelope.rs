//! A middleware that gives every error of these paths the body of the Comfy API v2: also those of layers that know nothing of it, such as a missing
//! token or a body that is too large.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use serde_json::json;

use super::paths::is_owned;
use crate::routes::{api::ApiProblem, shaped_error::ShapedError};

/// Of a plain-text error, at most so many bytes become the message.
const TEXT: usize = 8 * 1024;

pub(in crate::routes) async fn error_bodies(request: Request, next: Next) -> Response {
    if !is_owned(request.uri().path()) {
        return next.run(request).await;
    }
    let is_head = request.method() == Method::HEAD;
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.extensions().get::<ShapedError>().is_some() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let message = match parts.extensions.remove::<ApiProblem>() {
        Some(problem) => problem.detail().to_owned(),
        None => {
            let text = to_bytes(body, TEXT).await.unwrap_or_else(|_| Bytes::new());
            String::from_utf8_lossy(&text).trim().to_owned()
        }
    };
    let message = if message.is_empty() { status.canonical_reason().unwrap_or("Error").to_owned() } else { message };
    let json = json!({"error": {"code": code(status), "message": message, "details": null}}).to_string();
    for gone in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING] {
        parts.headers.remove(gone);
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.extensions.insert(ShapedError);
    Response::from_parts(parts, if is_head { Body::empty() } else { Body::from(json) })
}

fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "unauthorized",
        403 | 421 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        409 => "conflict",
        413 => "payload_too_large",
        416 => "range_not_satisfiable",
        429 => "rate_limited",
        502..=504 => "upstream_unreachable",
        500.. => "upstream_error",
        _ => "invalid_request",
    }
}
