//! `GET /view`: a file of one of the folders, complete or as a smaller preview (fact 45).

use std::{fs, io::Cursor, path::Path, sync::Arc, time::UNIX_EPOCH};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use image::{DynamicImage, ImageFormat, codecs::jpeg::JpegEncoder};
use serde::Deserialize;

use super::{
    app::App,
    files::{Folder, split_annotation},
    python,
};

#[derive(Deserialize)]
pub(super) struct ViewParams {
    filename: Option<String>,
    subfolder: Option<String>,
    r#type: Option<String>,
    preview: Option<String>,
    channel: Option<String>,
}

pub(super) async fn view(State(app): State<Arc<App>>, Query(params): Query<ViewParams>, headers: HeaderMap) -> Response {
    let range = headers.get(header::RANGE).cloned();
    let unchanged = headers.get(header::IF_NONE_MATCH).cloned();
    // Reading and decoding would block the runtime's threads.
    tokio::task::spawn_blocking(move || find(&app, &params, range.as_ref(), unchanged.as_ref())).await.unwrap_or_else(|_| python::trouble())
}

fn find(app: &App, params: &ViewParams, range: Option<&HeaderValue>, unchanged: Option<&HeaderValue>) -> Response {
    let Some(filename) = &params.filename else {
        return python::empty(StatusCode::NOT_FOUND);
    };
    let (name, annotated) = split_annotation(filename);
    if name.is_empty() || name.starts_with('/') || name.contains("..") {
        return python::empty(StatusCode::BAD_REQUEST);
    }
    let named = Folder::parse(params.r#type.as_deref().unwrap_or("output"));
    let Some(folder) = annotated.or(named) else {
        return python::empty(StatusCode::BAD_REQUEST);
    };
    let subfolder = params.subfolder.as_deref().unwrap_or_default();
    let Some(dir) = app.engine.folders.subfolder(folder, subfolder) else {
        return python::empty(StatusCode::FORBIDDEN);
    };
    // Only the last component of the name counts; folders belong in `subfolder`.
    let Some(name) = Path::new(name).file_name().and_then(|name| name.to_str()) else {
        return python::empty(StatusCode::BAD_REQUEST);
    };
    let path = dir.join(name);
    if !path.is_file() {
        return python::empty(StatusCode::NOT_FOUND);
    }
    let Ok(bytes) = fs::read(&path) else {
        return python::trouble();
    };
    let disposition = format!("filename=\"{name}\"");
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(disposition.as_bytes()) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    let converted = match (&params.preview, params.channel.as_deref()) {
        (Some(preview), _) => Some(shrink(&bytes, preview)),
        (None, Some("rgb")) => Some(only(&bytes, |picture| picture.to_rgb8().into())),
        (None, Some("a")) => Some(only(&bytes, alpha)),
        (None, _) => None,
    };
    match converted {
        Some(Some((kind, bytes))) => (headers, [(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Some(None) => python::trouble(),
        None => whole(&path, name, bytes, headers, range, unchanged),
    }
}

/// Parses `webp;80` or `jpeg;50`; anything else is webp at 90.
fn shrink(bytes: &[u8], preview: &str) -> Option<(&'static str, Vec<u8>)> {
    let picture = image::load_from_memory(bytes).ok()?;
    let mut parts = preview.split(';');
    let jpeg = parts.next() == Some("jpeg");
    let quality = parts.next().and_then(|text| text.parse().ok()).unwrap_or(90);
    let mut out = Vec::new();
    if jpeg {
        let encoder = JpegEncoder::new_with_quality(&mut out, quality);
        picture.to_rgb8().write_with_encoder(encoder).ok()?;
        Some(("image/jpeg", out))
    } else {
        // This encoder supports only lossless WebP: the quality is ignored.
        picture.write_to(&mut Cursor::new(&mut out), ImageFormat::WebP).ok()?;
        Some(("image/webp", out))
    }
}

fn only(bytes: &[u8], channel: impl Fn(&DynamicImage) -> DynamicImage) -> Option<(&'static str, Vec<u8>)> {
    let picture = channel(&image::load_from_memory(bytes).ok()?);
    let mut out = Vec::new();
    picture.write_to(&mut Cursor::new(&mut out), ImageFormat::Png).ok()?;
    Some(("image/png", out))
}

fn alpha(picture: &DynamicImage) -> DynamicImage {
    let mut rgba = picture.to_rgba8();
    for pixel in rgba.pixels_mut() {
        pixel.0[..3].fill(0);
    }
    rgba.into()
}

fn whole(
    path: &Path,
    name: &str,
    bytes: Vec<u8>,
    mut headers: HeaderMap,
    range: Option<&HeaderValue>,
    unchanged: Option<&HeaderValue>,
) -> Response {
    let modified_at = fs::metadata(path).and_then(|meta| meta.modified()).unwrap_or(UNIX_EPOCH);
    let modified = modified_at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let Ok(etag) = HeaderValue::from_str(&format!("\"{modified:x}-{:x}\"", bytes.len())) else {
        return python::trouble();
    };
    if unchanged == Some(&etag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    headers.insert(header::ETAG, etag);
    if let Ok(modified) = HeaderValue::from_str(&httpdate::fmt_http_date(modified_at)) {
        headers.insert(header::LAST_MODIFIED, modified);
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    if let Ok(kind) = HeaderValue::from_str(kind.essence_str()) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    let Some((start, end)) = range.and_then(|range| parse_range(range.to_str().ok()?, bytes.len())) else {
        return (headers, bytes).into_response();
    };
    let content_range = format!("bytes {start}-{}/{}", end - 1, bytes.len());
    let part = bytes[start..end].to_vec();
    (StatusCode::PARTIAL_CONTENT, headers, [(header::CONTENT_RANGE, content_range)], part).into_response()
}

/// `bytes=a-b` or `bytes=a-`, as a half-open range.
fn parse_range(range: &str, length: usize) -> Option<(usize, usize)> {
    let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
    let start: usize = start.parse().ok()?;
    let end = match end {
        "" => length,
        last => last.parse::<usize>().ok()?.saturating_add(1).min(length),
    };
    (start < end).then_some((start, end))
}
