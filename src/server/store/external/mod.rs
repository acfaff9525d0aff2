//! Tasks of other programs, workers of Celery, and events that were reported. What a report makes of a task is decided in the transaction that stores it, so that
//! nothing is forgotten between two reports, whoever sends them.

mod apply;
mod handle;
mod model;
mod project;
mod read;
mod schema;
#[cfg(test)]
mod tests;

pub use self::model::{ExternalApplied, ExternalFilter, ExternalNews, ExternalPart, KeptEvent, StoredExternal};
pub(super) use self::schema::create;
