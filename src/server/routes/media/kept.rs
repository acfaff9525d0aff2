//! An output from the media store.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use headers::{ETag, HeaderMapExt};

use super::{
    conditions::{FilePart, part},
    headers::{FOREVER, file_headers, media_headers},
    request::OutputRequest,
};
use crate::{
    media::{MediaFailure, MediaLibrary},
    store::MediaFile,
};

/// # Errors
/// The media store cannot be used, or the file is missing.
pub(in crate::routes) async fn respond(
    media: &MediaLibrary,
    file: &MediaFile,
    filename: &str,
    request: &OutputRequest,
) -> Result<Response, MediaFailure> {
    if let Some(side) = request.thumb
        && let Some(thumbnail) = media.thumbnail(file, side).await?
    {
        return small(file, side, thumbnail, request);
    }
    Ok(match start(file, filename, etag(&file.hash)?, request, true) {
        FileStart::Done(response) => response,
        FileStart::Body { status, headers, range } => {
            let body = if request.is_head { Body::empty() } else { Body::from_stream(media.read(file, range).await?) };
            (status, headers, body).into_response()
        }
    })
}

/// What is decided before a file is read.
pub(super) enum FileStart {
    /// Nothing of it is sent.
    Done(Response),
    Body {
        status: StatusCode,
        headers: HeaderMap,
        range: Option<Range<u64>>,
    },
}

/// Answers the conditions and the range of a request. `has_ranges`: the length of the file is known.
pub(super) fn start(file: &MediaFile, filename: &str, etag: ETag, request: &OutputRequest, has_ranges: bool) -> FileStart {
    let method = if request.is_head || !has_ranges { Method::HEAD } else { Method::GET };
    let part = part(&request.headers, &method, &etag, file.bytes);
    let mut headers = file_headers(file.mime.as_deref(), filename, request.download);
    headers.typed_insert(etag);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let range = match part {
        FilePart::Unchanged => return FileStart::Done(unchanged(headers)),
        FilePart::Unsatisfiable => {
            headers.insert(header::CONTENT_RANGE, value(&format!("bytes */{}", file.bytes)));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.remove(header::CONTENT_TYPE);
            headers.remove(header::CONTENT_DISPOSITION);
            return FileStart::Done((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
        FilePart::Whole => None,
        FilePart::Range(range) => Some(range),
    };
    let (status, length) = match &range {
        Some(range) => {
            headers.insert(header::CONTENT_RANGE, value(&format!("bytes {}-{}/{}", range.start, range.end - 1, file.bytes)));
            (StatusCode::PARTIAL_CONTENT, range.end - range.start)
        }
        None => (StatusCode::OK, file.bytes),
    };
    headers.insert(header::CONTENT_LENGTH, length.into());
    FileStart::Body { status, headers, range }
}

fn small(file: &MediaFile, side: u32, thumbnail: Bytes, request: &OutputRequest) -> Result<Response, MediaFailure> {
    let etag = etag(&format!("{}-{side}", file.hash))?;
    let mut headers = media_headers("image/webp");
    headers.insert(header::CACHE_CONTROL, FOREVER);
    // A thumbnail is small: no ranges of it.
    let part = part(&request.headers, &Method::HEAD, &etag, thumbnail.len() as u64);
    headers.typed_insert(etag);
    Ok(if part == FilePart::Unchanged { unchanged(headers) } else { (headers, thumbnail).into_response() })
}

fn unchanged(mut headers: HeaderMap) -> Response {
    headers.remove(header::CONTENT_TYPE);
    headers.remove(header::CONTENT_DISPOSITION);
    (StatusCode::NOT_MODIFIED, headers).into_response()
}

/// Strong: it names the very bytes.
pub(super) fn etag(name: &str) -> Result<ETag, MediaFailure> {
    format!("\"{name}\"").parse().map_err(|_| MediaFailure::Unavailable(format!("{name:?} is no name of a file")))
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
