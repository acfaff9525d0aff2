//! What browsers may do with the file of a task.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::routes::attachment::attachment;

/// An output of a task never changes.
pub(super) const FOREVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// A smaller picture of ComfyUI's: the kept one takes its place soon.
pub(super) const BRIEFLY: HeaderValue = HeaderValue::from_static("private, max-age=10");

pub(super) fn media_headers(mime: &str) -> HeaderMap {
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_str(mime).unwrap_or(HeaderValue::from_static("application/octet-stream"))),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ])
}

/// The headers of a file: shown as `mime`; without it, or if a download is requested, saved under its own name.
pub(super) fn file_headers(mime: Option<&str>, filename: &str, download: bool) -> HeaderMap {
    let shown = mime.filter(|_| !download);
    let mut headers = media_headers(shown.unwrap_or("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, FOREVER);
    if shown.is_none()
        && let Ok(disposition) = HeaderValue::from_str(&attachment(filename))
    {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers
}
