//! Prompts that clients of ComfyUI submitted, and ComfyUI's view of how they ended.

mod handle;
mod model;
mod schema;
mod write;

pub use self::model::{NewClientPrompt, PromptsOf, StoredPrompt};
pub(super) use self::{schema::create, write::add};
