//! Why an output cannot be shown.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// Why an output cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MediaError {
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
    #[error("This came over ComfyUI's socket, and was not kept.")]
    NotKept,
    #[error("The file is missing from the media store. It comes back when its ComfyUI still has it.")]
    FileMissing,
    #[error("ComfyUI cannot be reached for this file. Try again when it is back.")]
    Unreachable,
    /// Why a file without metadata cannot be sent.
    #[error("{0}")]
    MetadataStays(String),
    #[error("The media store cannot be read, and ComfyUI does not have this file either. Try again when it is back.")]
    StoreUnavailable,
}

impl MediaError {
    pub(in crate::routes) fn status(&self) -> StatusCode {
        match self {
            Self::NotServed(_) => StatusCode::FORBIDDEN,
            Self::MetadataStays(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unreachable | Self::StoreUnavailable => StatusCode::BAD_GATEWAY,
            Self::UnknownTask | Self::UnknownOutput | Self::NoBackend | Self::Gone | Self::NotKept | Self::FileMissing => {
                StatusCode::NOT_FOUND
            }
        }
    }
}

/// A line of text.
pub(super) fn problem(status: StatusCode, text: &str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], format!("{text}\n")).into_response()
}
