//! An output as its ComfyUI sends it.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    headers::{BRIEFLY, file_headers},
    request::OutputRequest,
};
use crate::media::{SNIFFED, sniff};

pub(super) async fn respond(upstream: reqwest::Response, filename: &str, request: &OutputRequest) -> Response {
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
    let mut headers = file_headers(sniff(&head), filename, request.download);
    if request.thumb.is_some() {
        headers.insert(header::CACHE_CONTROL, BRIEFLY);
    }
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    let head = stream::once(async { Ok::<_, std::io::Error>(Bytes::from(head)) });
    let body = match rest {
        Some(rest) => Body::from_stream(head.chain(rest.map_err(std::io::Error::other))),
        None => Body::from_stream(head),
    };
    (headers, body).into_response()
}
