//! The built front end, inside the binary: hashed names and a long cache, brotli and gzip made at build time.

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::app::AssetUrls;

/// What `cargo leptos build --frontend-only` left in the site folder. A build without it serves pages that do not come alive, and says so.
#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

const CSS: &str = "pkg/darkroom.css";
const JS: &str = "pkg/darkroom.js";
const WASM: &str = "pkg/darkroom.wasm";
const FAVICON: &str = "favicon.svg";

/// Hexadecimal digits of a content hash in a url.
const HASH_DIGITS: usize = 12;
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Urls that change with what is behind them.
pub(super) fn urls() -> AssetUrls {
    AssetUrls { css: url(CSS), js: url(JS), wasm: url(WASM), favicon: url(FAVICON) }
}

/// The front end is in this binary.
pub(super) fn is_built() -> bool {
    Site::get(WASM).is_some()
}

fn url(path: &str) -> String {
    let hash = Site::get(path).map(|file| hash(&file)).unwrap_or_default();
    match path.rsplit_once('.') {
        Some((stem, ending)) => format!("/assets/{stem}.{hash}.{ending}"),
        None => format!("/assets/{path}"),
    }
}

fn hash(file: &EmbeddedFile) -> String {
    let mut hex: String = file.metadata.sha256_hash().iter().map(|byte| format!("{byte:02x}")).collect();
    hex.truncate(HASH_DIGITS);
    hex
}

/// `GET /assets/{path}`, where the last dot but one begins the hash: it names the version and is not needed to find the file.
pub(super) async fn serve(Path(path): Path<String>, headers: HeaderMap) -> impl IntoResponse {
    let (asked, hash_asked) = without_hash(&path);
    let Some(file) = Site::get(&asked) else { return StatusCode::NOT_FOUND.into_response() };
    // An old page that asks for an old version must not be given a new one under the old name for a year.
    let cache = if hash_asked == Some(hash(&file).as_str()) { FOREVER } else { "no-cache" };
    let (file, encoding) = best_encoding(&asked, file, &headers);
    let mime = mime_guess::from_path(&asked).first_or_octet_stream();
    let mut response = Response::new(Body::from(file.data.into_owned()));
    let fields = response.headers_mut();
    if let Ok(mime) = HeaderValue::from_str(mime.as_ref()) {
        fields.insert(header::CONTENT_TYPE, mime);
    }
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response.into_response()
}

fn without_hash(path: &str) -> (String, Option<&str>) {
    let parts = path.rsplit_once('.').and_then(|(rest, ending)| Some((rest.rsplit_once('.')?, ending)));
    match parts {
        Some(((stem, hash), ending)) if hash.len() == HASH_DIGITS || hash.is_empty() => (format!("{stem}.{ending}"), Some(hash)),
        _ => (path.to_owned(), None),
    }
}

fn best_encoding(path: &str, plain: EmbeddedFile, headers: &HeaderMap) -> (EmbeddedFile, Option<&'static str>) {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepts = |name: &str| accepted.split(',').any(|part| part.trim().split(';').next() == Some(name));
    for (name, ending) in [("br", "br"), ("gzip", "gz")] {
        if accepts(name)
            && let Some(file) = Site::get(&format!("{path}.{ending}"))
        {
            return (file, Some(name));
        }
    }
    (plain, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_file_behind_a_hashed_name() {
        assert_eq!(without_hash("pkg/darkroom.0123456789ab.css"), ("pkg/darkroom.css".into(), Some("0123456789ab")));
        assert_eq!(without_hash("pkg/darkroom.css"), ("pkg/darkroom.css".into(), None));
        assert_eq!(without_hash("pkg/darkroom..css"), ("pkg/darkroom.css".into(), Some("")));
    }
}
