//! The size of a picture, from the head of its file.

use std::io::Cursor;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use image::ImageReader;

use crate::{media::MediaFiles, store::MediaFile};

/// A JPEG may have a thumbnail and a profile of colours before its size.
const HEAD: u64 = 256 * 1024;

/// Width and height in pixels. `None`: the file is no picture, is damaged, or cannot be read now.
pub(super) async fn picture_size(files: &MediaFiles, file: &MediaFile) -> Option<(u32, u32)> {
    if !file.mime.as_deref().is_some_and(|mime| mime.starts_with("image/")) || file.bytes == 0 {
        return None;
    }
    let head = head(files, file).await?;
    let read = move || {
        let decoder = ImageReader::new(Cursor::new(&head)).with_guessed_format().ok()?;
        // There is no decoder of GIF and AVIF here.
        let size = || imagesize::blob_size(&head).ok();
        let other = || size().and_then(|size| Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?)));
        decoder.into_dimensions().ok().or_else(other)
    };
    tokio::task::spawn_blocking(read).await.ok()?
}

async fn head(files: &MediaFiles, file: &MediaFile) -> Option<Bytes> {
    let mut stream = files.read(&file.hash, Some(0..file.bytes.min(HEAD))).await.ok()?;
    let mut head = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        head.extend_from_slice(&chunk.ok()?);
    }
    Some(head.freeze())
}
