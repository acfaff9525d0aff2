//! Decoding errors of ComfyUI's messages.

/// Why a frame could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("a frame without a type")]
    NoType,
    #[error("a binary frame of {0} bytes is too short")]
    Short(usize),
    #[error("a binary frame of unknown type {0}")]
    UnknownBinary(u32),
    #[error("the metadata of a preview is not readable")]
    Metadata,
}
