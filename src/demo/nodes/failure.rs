//! Why a node failed.

use crate::pace::Interrupted;

/// Why a node did not finish.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("interrupted")]
    Interrupted,
    /// A Python exception: its class and its message.
    #[error("{class}: {message}")]
    Raised { class: &'static str, message: String },
}

impl From<Interrupted> for Failure {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        raised("OSError", error.to_string())
    }
}

pub(super) fn raised(class: &'static str, message: impl Into<String>) -> Failure {
    let message = message.into();
    Failure::Raised { class, message }
}
