//! Errors of the Comfy API v2: `{"error": {"code", "message", "details"}}`. Clients decide by the code.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    comfy_v2::{AssetError, ResolveError},
    media::MediaFailure,
    routes::shaped_error::ShapedError,
    store::StoreError,
    submissions::SubmissionError,
};
use proto::submit::Refusal;

#[derive(Clone, Debug)]
pub(super) struct V2Error {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Option<Value>,
}

/// `Retry-After` of 429 and 503, seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

impl V2Error {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: None }
    }

    /// 400.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// 422, of the request as a whole.
    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message)
    }

    pub(super) fn invalid_workflow(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_workflow", message)
    }

    pub(super) fn key_reused() -> Self {
        let words = "This Idempotency-Key was used before. A key is for one request: look for its job in the list of jobs.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reuse", words)
    }

    pub(super) fn no_job() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such job (any more).")
    }

    pub(super) fn no_asset() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such asset (any more).")
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "upstream_unreachable", message)
    }

    /// What clients do not cause. The cause is in the log.
    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "upstream_error", "Darkroom could not carry this out. Its log says why.")
    }

    /// A workflow that ComfyUI, or the check before it is sent, rejects.
    fn refused(refusal: &Refusal) -> Self {
        let mut nodes: Map<String, Value> = Map::new();
        for problem in &refusal.problems {
            let Some(node) = &problem.node else { continue };
            let reasons = nodes.entry(node.as_str()).or_insert_with(|| json!([]));
            if let Value::Array(reasons) = reasons {
                reasons.push(json!({"field": problem.input, "reason": problem.message}));
            }
        }
        Self { details: Some(json!({"node_errors": nodes})), ..Self::invalid_workflow(refusal.message.clone()) }
    }
}

impl IntoResponse for V2Error {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message, "details": self.details}});
        let mut response = (self.status, Json(body)).into_response();
        if matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response.extensions_mut().insert(ShapedError);
        response
    }
}

impl From<StoreError> for V2Error {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the Comfy API v2 cannot use the database");
        Self::unavailable("The database cannot be used now. Try again later.")
    }
}

impl From<MediaFailure> for V2Error {
    fn from(failure: MediaFailure) -> Self {
        match failure {
            MediaFailure::Missing => {
                Self::new(StatusCode::NOT_FOUND, "output_unavailable", "The bytes of this asset are not there any more.")
            }
            failure => {
                tracing::error!(error = %failure, "the Comfy API v2 cannot use the media store");
                Self::unavailable("The media store cannot be used now. Try again later.")
            }
        }
    }
}

impl From<AssetError> for V2Error {
    fn from(error: AssetError) -> Self {
        match error {
            AssetError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", error.to_string()),
            AssetError::Broken(_) => Self::bad_request(error.to_string()),
            AssetError::OtherHash(_) => Self::new(StatusCode::CONFLICT, "hash_mismatch", error.to_string()),
            AssetError::KeyReused => Self::key_reused(),
            AssetError::Media(failure) => failure.into(),
            AssetError::Store(error) => error.into(),
        }
    }
}

impl From<ResolveError> for V2Error {
    fn from(error: ResolveError) -> Self {
        let message = error.to_string();
        match error {
            ResolveError::Missing(missing) => Self {
                details: Some(json!({"missing_ids": missing.0})),
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "missing_asset", message)
            },
            ResolveError::TooMany => Self::invalid_workflow(message),
            ResolveError::Store(error) => error.into(),
        }
    }
}

impl From<SubmissionError> for V2Error {
    fn from(error: SubmissionError) -> Self {
        match error {
            SubmissionError::Refused(refusal) | SubmissionError::Rejected(refusal, _) => Self::refused(&refusal),
            SubmissionError::QueueFull(why) => Self::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", why),
            SubmissionError::Unavailable(why) => Self::unavailable(why),
            SubmissionError::KeyReused => Self::key_reused(),
            SubmissionError::Original(error) => {
                tracing::error!(%error, "a new job cannot be an earlier one");
                Self::internal()
            }
        }
    }
}
