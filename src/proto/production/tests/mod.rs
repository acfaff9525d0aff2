//! The rules of productions.

mod agents;
mod codes;
mod events;
mod nodes;
mod prompts;
mod structures;
pub(super) mod support;
