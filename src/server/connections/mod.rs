//! The connections that others open to Darkroom: accepted, counted, and closed when they take too long. hyper speaks HTTP on them; axum's own
//! `serve` has none of these limits.

mod accept;
mod admission;
mod body;
mod serve;
mod stream;
#[cfg(test)]
mod tests;

pub use admission::Admission;
pub use body::{BodyPace, limit_pace};
pub use serve::serve;
