//! What is wrong with a message of Redis.

use super::{celery::CeleryError, cloud_events::CloudEventError};

/// Why a message is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error(transparent)]
    Celery(#[from] CeleryError),
    #[error("it is no CloudEvent: {0}")]
    CloudEvent(#[from] CloudEventError),
    #[error("it lacks {0}")]
    Lacks(&'static str),
    #[error("what an agent tells is wrong: {0}")]
    Agent(String),
    #[error("it is neither JSON with a type nor anything of Celery")]
    Unknown,
}
