//! The content security policy of rendered pages.

use axum::http::HeaderValue;

/// If the policy cannot be a header: load and run nothing.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'");

/// Inline scripts carry the nonce. `data:` is needed for the favicon, `blob:` for previews. `live_address`: of the live connection, if it is elsewhere.
pub(super) fn document(nonce: &str, live_address: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
         media-src 'self' blob:; connect-src 'self' {live_address}; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(NOTHING)
}
