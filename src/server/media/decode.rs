//! The pixels of a picture.

use std::io::Cursor;

use image::{DynamicImage, ImageError, ImageReader};
use proto::limits;

/// Bytes that decoding a picture may take: 8 for each pixel, and as much for the work on it.
const DECODED: u64 = 16 * limits::UPLOAD_PIXELS as u64;
/// The same for a picture of any origin that is made smaller.
const SHRUNK: u64 = 512 * 1024 * 1024;

/// The pixels of a picture as they are in the file, not turned.
///
/// # Errors
/// It is no picture, damaged, or too large.
pub fn decoded(bytes: &[u8]) -> Result<DynamicImage, ImageError> {
    decoded_within(bytes, DECODED)
}

/// The picture, made smaller if one of its sides is longer than `side`. `None`: it cannot be read.
pub fn decoded_at_most(bytes: &[u8], side: u32) -> Option<DynamicImage> {
    let picture = decoded_within(bytes, SHRUNK).ok()?;
    Some(if picture.width().max(picture.height()) > side { picture.thumbnail(side, side) } else { picture })
}

fn decoded_within(bytes: &[u8], memory: u64) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(memory);
    reader.limits(limits);
    reader.decode()
}
