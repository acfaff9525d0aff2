//! A middleware that gives every error under `/api` the body of RFC 9457, `application/problem+json`: those of the handlers, and those of
//! layers that know nothing of problems.

use std::borrow::Cow;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use serde::Serialize;
use service::BasePath;
use utoipa::ToSchema;

use super::{
    kind::ProblemKind,
    problem::{ApiProblem, FieldError},
    responses::PROBLEM_JSON,
};
use crate::{report::NodeFailure, routes::shaped_error::ShapedError};

/// An error, as defined by RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemDetails {
    /// Which kind of problem it is. Never changes; its documentation is at this address.
    #[serde(rename = "type")]
    #[schema(example = "/api/docs#unknown-task")]
    kind: String,
    /// The same for all problems of this kind.
    #[schema(example = "Unknown task")]
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// What is wrong this time, and what to do.
    #[schema(example = "There is no such task.")]
    detail: Cow<'static, str>,
    /// The requested path.
    #[schema(example = "/api/tasks/0195e0a4-0000-7000-8000-000000000001")]
    instance: String,
    /// Of the request's body: each place that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// What ComfyUI, or Darkroom for it, finds wrong with the workflow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    node_errors: Vec<NodeFailure>,
    /// Of a change that was not of the newest version of an object: the object as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, nullable = false)]
    current: Option<Box<serde_json::Value>>,
    /// With `current`: the names of the fields that are different since the version that was read. Missing where that is too long ago to be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["title", "base_prompt"]))]
    changed: Option<Vec<String>>,
}

impl ProblemDetails {
    /// `instance`: the path that it is about, without the base path.
    pub(super) fn of(problem: ApiProblem, instance: &str, base: &BasePath) -> Self {
        let ApiProblem { kind, detail, errors, node_errors, current, changed } = problem;
        let (kind_url, title, status) = (base.join(&format!("/api/docs#{}", kind.slug())), kind.title(), kind.status().as_u16());
        let instance = base.join(instance);
        Self { kind: kind_url, title, status, detail, instance, errors, node_errors, current, changed }
    }
}

/// Of a plain-text error, at most so many bytes become the detail of the problem.
const TEXT: usize = 8 * 1024;

/// Covers `/api` and `/progress`, but not the server functions of pages below `/api/fn`, and no error that has another body already.
pub(in crate::routes) async fn problem_bodies(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Server functions encode their errors in a format of Leptos.
    let is_api = path == "/api" || path.starts_with("/api/") || path.starts_with("/progress/");
    if !is_api || path.starts_with("/api/fn/") {
        return next.run(request).await;
    }
    let (instance, base) = (path.to_owned(), BasePath::of(request.extensions()));
    let mut response = next.run(request).await;
    let status = response.status();
    // Responses describe the present state, so that a cached one would be wrong.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let is_shaped = response.extensions_mut().remove::<ShapedError>().is_some();
    if is_shaped || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove::<ApiProblem>() {
        Some(problem) => problem,
        None => {
            let is_plain = !parts.headers.contains_key(header::CONTENT_ENCODING);
            let text = if is_plain { to_bytes(body, TEXT).await.unwrap_or_default() } else { Bytes::new() };
            let text = String::from_utf8_lossy(&text).trim().to_owned();
            let kind = kind_of(status);
            ApiProblem::new(kind, if text.is_empty() { kind.words().to_owned() } else { text })
        }
    };
    let details = ProblemDetails { status: status.as_u16(), ..ProblemDetails::of(problem, &instance, &base) };
    let json = serde_json::to_vec(&details).unwrap_or_default();
    for gone in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING] {
        parts.headers.remove(gone);
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Response::from_parts(parts, Body::from(json))
}

fn kind_of(status: StatusCode) -> ProblemKind {
    match status {
        StatusCode::BAD_REQUEST => ProblemKind::BadBody,
        StatusCode::NOT_FOUND => ProblemKind::UnknownRoute,
        status => ProblemKind::ALL.iter().copied().find(|kind| kind.status() == status).unwrap_or(if status.is_server_error() {
            ProblemKind::Internal
        } else {
            ProblemKind::Other
        }),
    }
}
