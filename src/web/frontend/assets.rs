//! The built front end, embedded in the binary: urls with the name of the build, cached for ever, with brotli and gzip made at build time.

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use leptos::{WasmSplitManifest, prelude::ArcStoredValue};
use rust_embed::{EmbeddedFile, RustEmbed};
use service::BasePath;

use crate::app::AssetUrls;

/// The output of `cargo leptos build --frontend-only`. Without it, pages are rendered but not hydrated, and a warning is logged.
#[derive(RustEmbed)]
#[folder = "../../target/site"]
#[allow_missing = true]
struct Site;

const CSS: &str = "pkg/darkroom.css";
const JS: &str = "pkg/darkroom.js";
/// Loads the code of lazy pages. The name is that of cargo-leptos, with a placeholder for a hash that is not used here.
const SPLIT: &str = "pkg/__wasm_split.______________________.js";
const WASM: &str = "pkg/darkroom.wasm";
const FAVICON: &str = "favicon.svg";
const MANIFEST: &str = "manifest.webmanifest";
const ICON: &str = "icon-192.png";

/// Written by cargo-leptos: the files of each lazy page, without their ending.
const SPLIT_MANIFEST: &str = "pkg/__wasm_split_manifest.json";

const FOREVER: &str = "public, max-age=31536000, immutable";

/// Urls of this build. The name of the build is a folder, because the files refer to one another by relative urls and only fit together when they
/// are of the same build.
pub(super) fn urls(base: &BasePath) -> AssetUrls {
    let build = build();
    let url = |path: &str| base.join(&format!("/assets/{build}/{path}"));
    AssetUrls {
        css: url(CSS),
        js: url(JS),
        split: url(SPLIT),
        wasm: url(WASM),
        favicon: url(FAVICON),
        manifest: url(MANIFEST),
        icon: url(ICON),
    }
}

/// The files of lazy pages, from which Leptos makes preload links.
pub(super) fn split_manifest(base: &BasePath) -> WasmSplitManifest {
    let files = Site::get(SPLIT_MANIFEST).and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default();
    let name = SPLIT.trim_start_matches("pkg/").to_owned();
    WasmSplitManifest(ArcStoredValue::new((base.join(&format!("/assets/{}/pkg", build())), files, name)))
}

/// The front end is in this binary.
pub(super) fn is_built() -> bool {
    Site::get(WASM).is_some()
}

/// Sent in the welcome of `/ws`, so that a page can detect that it is of another build.
pub(super) fn version() -> String {
    if is_built() { build() } else { env!("CARGO_PKG_VERSION").to_owned() }
}

/// The name of this build: a hash of all its files.
fn build() -> String {
    let sum = Site::iter().filter_map(|path| Site::get(&path)).fold(0, |sum: u64, file| {
        let [a, b, c, d, e, f, g, h, ..] = file.metadata.sha256_hash();
        sum.wrapping_add(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    });
    format!("{sum:016x}")
}

/// `GET /assets/{build}/{path}`. 404 for another build: its page must not get files that do not fit its own.
pub(super) async fn serve(Path((requested_build, path)): Path<(String, String)>, headers: HeaderMap) -> impl IntoResponse {
    if requested_build != build() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Some(file) = Site::get(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let (file, encoding) = best_encoding(&path, file, &headers);
    let mime = mime_guess::from_path(&path).first_or_octet_stream();
    let mut response = Response::new(Body::from(file.data));
    let fields = response.headers_mut();
    if let Ok(mime) = HeaderValue::from_str(mime.as_ref()) {
        fields.insert(header::CONTENT_TYPE, mime);
    }
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOREVER));
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response.into_response()
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
