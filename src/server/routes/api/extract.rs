//! Extractors of this API; what they reject becomes an [`ApiProblem`].

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use utoipa::IntoParams;

use super::{kind::ProblemKind, problem::ApiProblem};
use crate::store::Key;
use proto::{
    gallery::GalleryId,
    ids::{GridId, TaskId, WorkflowId},
    limits,
    prompts::WildcardName,
};

/// Parses the path parameter `name`. `what` describes a valid value, for the error message.
pub(super) async fn part<S: Send + Sync, T: std::str::FromStr>(
    parts: &mut Parts,
    state: &S,
    name: &str,
    what: &str,
) -> Result<T, ApiProblem> {
    let wrong = |text: &str| ApiProblem::new(ProblemKind::BadPath, format!("{text:?} is not {what}."));
    let all = RawPathParams::from_request_parts(parts, state).await.map_err(|_| wrong(name))?;
    let text = all.iter().find(|(key, _)| *key == name).map_or("", |(_, text)| text);
    text.parse().map_err(|_| wrong(text))
}

/// `{id}` of a task.
pub(super) struct TaskPath(pub(super) TaskId);

impl<S: Send + Sync> FromRequestParts<S> for TaskPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "id", "a task's id, which is a UUID").await.map(Self)
    }
}

/// `{workflow}`, a saved one.
pub(super) struct WorkflowPath(pub(super) WorkflowId);

impl<S: Send + Sync> FromRequestParts<S> for WorkflowPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "workflow", "a saved workflow's id, which is a UUID").await.map(Self)
    }
}

/// `{grid}`.
pub(super) struct GridPath(pub(super) GridId);

impl<S: Send + Sync> FromRequestParts<S> for GridPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "grid", "a grid's id, which is a UUID").await.map(Self)
    }
}

/// `{output}` of the gallery.
pub(super) struct GalleryPath(pub(super) GalleryId);

impl<S: Send + Sync> FromRequestParts<S> for GalleryPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "output", "an output's id, which is a decimal number").await.map(Self)
    }
}

/// `{action}` on outputs.
pub(super) struct ActionPath(pub(super) u64);

impl<S: Send + Sync> FromRequestParts<S> for ActionPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "action", "the id of a change, which is a number").await.map(Self)
    }
}

/// `{cell}` of a grid.
pub(super) struct CellPath(pub(super) u32);

impl<S: Send + Sync> FromRequestParts<S> for CellPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "cell", "a cell's number, which counts from 0").await.map(Self)
    }
}

/// `{name}` of a wildcard.
pub(super) struct WildcardPath(pub(super) WildcardName);

impl<S: Send + Sync> FromRequestParts<S> for WildcardPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        let name: String = part(parts, state, "name", "a name").await?;
        name.parse::<WildcardName>().map(Self).map_err(|error| ApiProblem::new(ProblemKind::BadPath, error.to_string()))
    }
}

/// `{number}` of an output.
pub(super) struct OutputPath(pub(super) u32);

impl<S: Send + Sync> FromRequestParts<S> for OutputPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "number", "an output's number, which counts from 0").await.map(Self)
    }
}

/// `{delivery}` of a webhook.
pub(super) struct DeliveryPath(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for DeliveryPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "delivery", "the id of a message").await.map(Self)
    }
}

/// The query string. Unknown parameters are an error.
pub(super) struct ApiQuery<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiProblem> {
        match axum::extract::Query::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                let text = std::error::Error::source(&rejection).map_or_else(|| rejection.body_text(), ToString::to_string);
                Err(ApiProblem::new(ProblemKind::BadQuery, format!("{text}.")))
            }
        }
    }
}

/// The bytes of a body whose `Content-Type` is JSON.
pub(super) struct JsonBytes(Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBytes {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiProblem> {
        if !is_json(request.headers()) {
            return Err(ApiProblem::new(ProblemKind::UnsupportedType, "Send JSON, with Content-Type: application/json."));
        }
        Bytes::from_request(request, state).await.map(Self).map_err(too_large)
    }
}

/// The problem of a body that could not be read: mostly it is too large.
fn too_large(rejection: BytesRejection) -> ApiProblem {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiProblem::new(
            ProblemKind::TooLarge,
            format!("A request is at most {} MB.", (limits::WORKFLOW + limits::SUBMISSION_FIELDS) >> 20),
        ),
        _ => ApiProblem::new(ProblemKind::BadBody, "The body ended before it was complete."),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

impl JsonBytes {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// # Errors
    /// 400 when it is not JSON; 422 with the pointer to the mistake when it does not have the shape of `T`.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ApiProblem> {
        shaped_bytes(&self.0)
    }
}

/// # Errors
/// As [`JsonBytes::read`].
pub(super) fn shaped_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiProblem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = pointer(error.path());
        let error = error.into_inner();
        if error.is_data() { ApiProblem::at(path, without_place(&error)) } else { not_json(&error) }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(read)
}

fn not_json(error: &serde_json::Error) -> ApiProblem {
    ApiProblem::new(ProblemKind::BadBody, format!("The body is not JSON: {error}."))
}

/// Deserializes a part of a body that was parsed before. `place`: the pointer to that part.
///
/// # Errors
/// 422 with the pointer to the mistake.
pub(super) fn shaped<T: DeserializeOwned>(value: serde_json::Value, place: &str) -> Result<T, ApiProblem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = pointer(error.path());
        ApiProblem::at(format!("{place}{path}"), without_place(error.inner()))
    })
}

/// The message without line and column, which are useless when a program prints its JSON in one line.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// A JSON Pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().filter_map(segment).collect()
}

/// For the API document only: the header that [`idempotency_key`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a schema")]
pub struct KeyHeader {
    /// The same key with the same request is the same task, for a day: a request whose answer was lost can be sent again.
    #[param(
        rename = "Idempotency-Key",
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$"
    )]
    idempotency_key: Option<String>,
}

/// The `Idempotency-Key`, if there is one. `request` is what its fingerprint is made of: it must not differ between requests with the same key.
///
/// # Errors
/// It is empty, too long, or not printable ASCII.
pub(super) fn idempotency_key(headers: &HeaderMap, request: &[u8]) -> Result<Option<Key>, ApiProblem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| Key::new(text, request));
    let wrong =
        || ApiProblem::new(ProblemKind::BadHeader, format!("An Idempotency-Key is 1 to {} printable ASCII characters.", limits::KEY));
    key.map(Some).ok_or_else(wrong)
}
