//! Random ids.

/// A random id, for prompts and sockets without one.
pub(super) fn random_id() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}
