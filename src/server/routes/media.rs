//! Outputs and previews of tasks. File names never come from the browser, and a file is shown only as the type that its bytes have.

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;

use crate::AppState;
use crate::backend::ComfyError;
use proto::{
    ids::TaskId,
    task::{Output, OutputContent},
    wire::PreviewFrame,
};

#[derive(Deserialize)]
pub(super) struct ViewQuery {
    /// A smaller picture, for lists.
    preview: Option<u8>,
    /// As an attachment, to be saved.
    download: Option<u8>,
}

/// An output of a task never changes.
const FOREVER: &str = "private, max-age=31536000, immutable";

/// Why an output cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MediaError {
    #[error("There is no such task.")]
    UnknownTask,
    #[error("This task has no such output.")]
    UnknownOutput,
    #[error("The ComfyUI that made this is no longer configured.")]
    NoBackend,
    #[error("ComfyUI no longer has this file.")]
    Gone,
    /// A node wrote it outside ComfyUI's folders. Nothing but a change there helps.
    #[error("ComfyUI does not hand out files of this folder: {0}")]
    NotServed(String),
    #[error("ComfyUI cannot be reached for this file. Try again when it is back.")]
    Unreachable,
}

impl MediaError {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownTask | Self::UnknownOutput | Self::NoBackend | Self::Gone => StatusCode::NOT_FOUND,
            Self::NotServed(_) => StatusCode::FORBIDDEN,
            Self::Unreachable => StatusCode::BAD_GATEWAY,
        }
    }
}

/// `GET /tasks/{id}/outputs/{n}[?preview=1][&download=1]`.
pub(super) async fn output(
    State(state): State<AppState>,
    Path((id, number)): Path<(TaskId, u32)>,
    Query(query): Query<ViewQuery>,
) -> Response {
    let fetched = fetch(&state, id, number, query.preview.is_some(), query.download.is_some()).await;
    fetched.unwrap_or_else(|error| problem(error.status(), &error.to_string()))
}

/// An output, to be shown or as an attachment. `small`: a smaller picture.
pub(super) async fn fetch(state: &AppState, id: TaskId, number: u32, small: bool, download: bool) -> Result<Response, MediaError> {
    let task = state.archive().task(id).await.ok_or(MediaError::UnknownTask)?;
    let output = task.outputs.iter().find(|output| output.id == number).ok_or(MediaError::UnknownOutput)?;
    if let OutputContent::Text { text } = &output.content {
        return Ok(text.clone().into_response());
    }
    let backend = task.backend.as_ref().and_then(|id| state.backend(id)).ok_or(MediaError::NoBackend)?;
    match backend.client.view(&output.content, small).await {
        Ok(upstream) => Ok(pass_on(upstream, output, download).await),
        Err(ComfyError::Status { status: StatusCode::NOT_FOUND, .. }) => Err(MediaError::Gone),
        Err(ComfyError::NotServed { path }) => Err(MediaError::NotServed(path)),
        Err(error) => {
            tracing::warn!(%id, number, %error, "an output cannot be fetched");
            Err(MediaError::Unreachable)
        }
    }
}

/// `GET /tasks/{id}/preview`: the newest preview of a running task; 204 while there is none.
pub(super) async fn preview(State(state): State<AppState>, Path(id): Path<TaskId>) -> Response {
    let frame = state.tracker().newest_preview(id);
    let Some(PreviewFrame { image, .. }) = frame.as_deref().and_then(PreviewFrame::decode) else {
        return match state.archive().task(id).await {
            Some(_) => (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response(),
            None => problem(StatusCode::NOT_FOUND, "There is no such task."),
        };
    };
    let Some(mime) = sniff(image) else { return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This preview is no picture.") };
    let mut headers = media_headers(mime);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (headers, image.to_vec()).into_response()
}

/// Bytes that suffice to recognize every type below.
const SNIFFED: usize = 16;

async fn pass_on(upstream: reqwest::Response, output: &Output, download: bool) -> Response {
    let length = upstream.content_length();
    let mut body = upstream.bytes_stream();
    let mut head = Vec::new();
    let mut rest = None;
    while let Some(Ok(chunk)) = body.next().await {
        head.extend_from_slice(&chunk);
        if head.len() >= SNIFFED {
            rest = Some(body);
            break;
        }
    }
    let shown = sniff(&head).filter(|_| !download);
    let mut headers = media_headers(shown.unwrap_or("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOREVER));
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    if shown.is_none()
        && let OutputContent::File { filename, .. } = &output.content
        && let Ok(disposition) = HeaderValue::from_str(&attachment(filename))
    {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    let head = stream::once(async { Ok::<_, std::io::Error>(Bytes::from(head)) });
    let body = match rest {
        Some(rest) => Body::from_stream(head.chain(rest.map_err(std::io::Error::other))),
        None => Body::from_stream(head),
    };
    (headers, body).into_response()
}

fn media_headers(mime: &'static str) -> HeaderMap {
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(mime)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ])
}

/// The type by magic bytes, if a browser may show it. SVG and HTML may not be shown: they can contain scripts.
fn sniff(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("video/mp4"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("video/webm"),
        [b'f', b'L', b'a', b'C', ..] => Some("audio/flac"),
        [b'I', b'D', b'3', ..] => Some("audio/mpeg"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        _ => None,
    }
}

/// `Content-Disposition` (RFC 6266) for a file name of any characters.
fn attachment(filename: &str) -> String {
    let encoded: String = filename
        .bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect();
    format!("attachment; filename*=UTF-8''{encoded}")
}

fn problem(status: StatusCode, text: &str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], format!("{text}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_recognized_by_magic_bytes() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n"), Some("image/png"));
        assert_eq!(sniff(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(sniff(b"<svg onload=alert(1)>"), None);
        assert_eq!(sniff(b"<!doctype html>"), None);
        assert_eq!(sniff(b""), None);
    }

    #[test]
    fn a_download_keeps_any_name() {
        assert_eq!(attachment("🐈 a\"b.png"), "attachment; filename*=UTF-8''%F0%9F%90%88%20a%22b.png");
    }
}
