//! Sessions of clients of the story's dialect.

mod handle;
mod schema;

pub use self::handle::StorySession;
pub(super) use self::schema::create;
