//! The `Retry-After` header.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};

/// In whole seconds: at least one, at most an hour.
pub(super) fn retry_after(wait: Duration) -> (HeaderName, HeaderValue) {
    (header::RETRY_AFTER, HeaderValue::from(wait.as_millis().div_ceil(1_000).clamp(1, 3_600) as u64))
}
