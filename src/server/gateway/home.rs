//! Everything that Darkroom does not answer itself: passed on to a ComfyUI, both ways as a stream. Its page and the scripts of its extensions, settings and
//! files of users, templates, translations, and routes of custom nodes.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::shared::Gateway;
use crate::backend::ComfyError;

/// Of one connection only (RFC 9110, section 7.6.1).
const OF_CONNECTION: [HeaderName; 6] =
    [header::CONNECTION, header::PROXY_AUTHENTICATE, header::TE, header::TRAILER, header::TRANSFER_ENCODING, header::UPGRADE];
/// What is between Darkroom and its client: ComfyUI would take the origin of a page for that of another site.
const OF_DARKROOM: [HeaderName; 6] =
    [header::HOST, header::ORIGIN, header::REFERER, header::COOKIE, header::AUTHORIZATION, header::PROXY_AUTHORIZATION];

pub(super) async fn pass(State(gateway): State<Gateway>, request: Request) -> Response {
    let Some(home) = gateway.home() else {
        return (StatusCode::BAD_GATEWAY, "There is no ComfyUI.\n").into_response();
    };
    let (parts, body) = request.into_parts();
    let has_body = parts.headers.contains_key(header::CONTENT_LENGTH) || parts.headers.contains_key(header::TRANSFER_ENCODING);
    let body = (has_body && parts.method != Method::HEAD).then(|| reqwest::Body::wrap_stream(body.into_data_stream()));
    let headers = passed_on(parts.headers);
    match home.client.pass(parts.method, parts.uri.path(), parts.uri.query(), headers, body).await {
        Ok(response) => answer(response),
        Err(error) => {
            tracing::debug!(backend = %home.id, %error, "a request cannot be passed on");
            let status = if matches!(error, ComfyError::GivenUp) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_GATEWAY };
            (status, format!("{} cannot be reached.\n", home.id)).into_response()
        }
    }
}

fn passed_on(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_CONNECTION.iter().chain(&OF_DARKROOM) {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user"] {
        headers.remove(name);
    }
    headers
}

fn answer(response: reqwest::Response) -> Response {
    let (status, mut headers) = (response.status(), response.headers().clone());
    for name in &OF_CONNECTION {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    // Which pages may read this is for Darkroom to say.
    let of_cors: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in of_cors {
        headers.remove(name);
    }
    (status, headers, Body::from_stream(response.bytes_stream())).into_response()
}
