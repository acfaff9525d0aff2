//! Why a message of Celery cannot be read.

/// In words for the log: the message is left out, and nothing else happens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CeleryError {
    #[error(
        "it is pickled, and Darkroom never reads pickle, because that would run code from the message; set result_serializer = \"json\" (or \"msgpack\") in the Celery app"
    )]
    Pickled,
    #[error("it is compressed as {0}, which is not read; set result_compression = \"gzip\" (or none) in the Celery app")]
    Compression(String),
    #[error("its content type {0} is not read; use json or msgpack")]
    ContentType(String),
    #[error("it has more than {0} bytes")]
    TooLarge(usize),
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
}
