//! Help with prompts: weights by keys, what can be inserted, what a template gives, and wildcards. Its code is loaded with the first focus in the form.

mod escaped;
mod insert;
mod names;
mod panel;
mod preview;
mod target;
mod thumbnail;
mod trigger_words;
mod wildcards;

pub use panel::PromptTools;
