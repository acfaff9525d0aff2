//! Why something of other programs cannot be done.

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum ExternalRequestError {
    #[error("There is no task of another program with the id {0:?}.")]
    Unknown(String),
    #[error("The task has ended: {0}.")]
    Ended(&'static str),
    #[error("{0:?} is not a task of Celery, and nobody else takes revocations.")]
    NotCelery(String),
    #[error("Redis is not configured. Set [redis] url.")]
    NotConfigured,
    #[error("Redis is not connected: {0}")]
    NotConnected(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}
