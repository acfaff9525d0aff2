//! The version that a change is made of, and the answer that has it.

use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use crate::routes::api::{extract::shaped, kind::ProblemKind, problem::ApiProblem};

/// For the API document only: the header that [`version_in_header`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a schema")]
pub struct IfMatchHeader {
    /// The version that was read, as the `ETag` of the answer had it. A change of another version is refused.
    #[param(rename = "If-Match", nullable = false, example = "\"3\"", pattern = r#"^(\*|[0-9]{1,9}|"[0-9]{1,9}")$"#)]
    if_match: Option<String>,
}

/// `None`: any version.
///
/// # Errors
/// It is not a version.
pub(super) fn version_in_header(headers: &HeaderMap) -> Result<Option<u32>, ApiProblem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or("?").trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let wrong = || ApiProblem::new(ProblemKind::BadHeader, "If-Match is a version as the ETag of an object has it, such as \"3\".");
    number.parse().map(Some).map_err(|_| wrong())
}

/// The version that a change names, in its header or as `version` of its body, which is taken out.
///
/// # Errors
/// There is none, or it is not one.
pub(super) fn version_of(headers: &HeaderMap, body: &mut Map<String, Value>) -> Result<Option<u32>, ApiProblem> {
    let in_body: Option<u32> = body.shift_remove("version").map(|value| shaped(value, "/version")).transpose()?;
    let has_header = headers.contains_key(header::IF_MATCH);
    let version = version_in_header(headers)?.or(in_body);
    if version.is_none() && !has_header {
        return Err(ApiProblem::at(
            "/version",
            "Name the version that was read, here or in If-Match, so that no change of somebody else is lost.",
        ));
    }
    Ok(version)
}

/// An object with its version as `ETag`.
pub(super) fn versioned<T: Serialize>(version: u32, object: T) -> Response {
    ([(header::ETAG, format!("\"{version}\""))], Json(object)).into_response()
}
