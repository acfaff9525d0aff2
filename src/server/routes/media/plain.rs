//! A file of the gallery without its metadata.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};

use super::{
    kept::{FileStart, etag, start},
    request::OutputRequest,
};
use crate::{
    media::{MediaLibrary, PlainError},
    store::MediaFile,
};

/// Part of the name of what is sent. It rises when something else is left out of a file.
const VERSION: u32 = 1;

/// # Errors
/// The metadata cannot be removed, the media store cannot be used, or the file is missing.
pub(super) async fn respond(
    media: &MediaLibrary,
    file: &MediaFile,
    filename: &str,
    request: &OutputRequest,
) -> Result<Response, PlainError> {
    let etag = etag(&format!("{}-plain{VERSION}", file.hash))?;
    let unread = MediaFile { bytes: 0, ..file.clone() };
    if let FileStart::Done(response) = start(&unread, filename, etag.clone(), request, false) {
        return Ok(response);
    }
    let bytes = media.without_metadata(file).await?;
    let plain = MediaFile { bytes: bytes.len() as u64, ..file.clone() };
    Ok(match start(&plain, filename, etag, request, true) {
        FileStart::Done(response) => response,
        FileStart::Body { status, headers, range } => {
            let part = match range {
                // It is inside of the file: `start` checked it.
                Some(range) => {
                    let place = |at: u64| usize::try_from(at).unwrap_or(bytes.len()).min(bytes.len());
                    bytes.slice(place(range.start)..place(range.end))
                }
                None => bytes,
            };
            (status, headers, if request.is_head { Body::empty() } else { Body::from(part) }).into_response()
        }
    })
}
