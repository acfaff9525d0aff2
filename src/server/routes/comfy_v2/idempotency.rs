//! `Idempotency-Key`: for one request, and refused in every other one for a day.

use axum::http::HeaderMap;
use proto::limits;

use super::error::V2Error;
use crate::store::Key;

/// The same for all requests: their bodies are not compared.
const REQUEST: &[u8] = b"comfy-v2-job";

/// The text of the key.
///
/// # Errors
/// It is empty, too long, or not printable ASCII.
pub(super) fn key_text(headers: &HeaderMap) -> Result<Option<String>, V2Error> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| Key::new(text, REQUEST).is_some());
    let wrong = || V2Error::bad_request(format!("An Idempotency-Key is 1 to {} printable ASCII characters.", limits::KEY));
    text.map(|text| Some(text.to_owned())).ok_or_else(wrong)
}

/// The key of a job.
///
/// # Errors
/// As [`key_text`].
pub(super) fn job_key(headers: &HeaderMap) -> Result<Option<Key>, V2Error> {
    Ok(key_text(headers)?.and_then(|text| Key::new(&text, REQUEST)))
}
