//! Compressed bodies. What kombu calls `application/x-gzip` is a zlib stream (it begins with `78 9c`).

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

use super::error::CeleryError;
use crate::limits;

/// # Errors
/// Another compression, more than [`limits::EXTERNAL_VALUE`] bytes after inflating, or damaged.
pub(super) fn inflate(mime: &str, bytes: &[u8]) -> Result<Vec<u8>, CeleryError> {
    if !matches!(mime, "application/x-gzip" | "gzip" | "zlib") {
        return Err(CeleryError::Compression(mime.chars().take(limits::EXTERNAL_WORD).collect()));
    }
    decompress_to_vec_zlib_with_limit(bytes, limits::EXTERNAL_VALUE).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => CeleryError::TooLarge(limits::EXTERNAL_VALUE),
        _ => CeleryError::Damaged("it cannot be inflated"),
    })
}
