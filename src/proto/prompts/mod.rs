//! Prompts as templates: alternatives, wildcards and comments, resolved with a seed of their own; names of files; weights.
//!
//! What `{a|b}`, `\{` and comments mean is as in ComfyUI's page (`processDynamicPrompt`, version 1.35.9), which resolves them before it sends a prompt; its
//! server never does. How many are taken (`{2$$a|b|c}`), weights (`{3::a|b}`) and wildcards (`__name__`) are as the syntax guide of sd-dynamic-prompts has them.

mod model;
mod weight;

#[cfg(feature = "files")]
mod apply;
#[cfg(feature = "files")]
mod count;
#[cfg(feature = "files")]
mod error;
#[cfg(feature = "files")]
pub(crate) mod file_names;
#[cfg(feature = "files")]
mod lora_tags;
#[cfg(feature = "files")]
mod model_files;
#[cfg(feature = "files")]
mod parse;
#[cfg(feature = "files")]
mod preview;
#[cfg(feature = "files")]
mod random;
#[cfg(feature = "files")]
mod resolve;
#[cfg(feature = "files")]
mod template;
#[cfg(feature = "files")]
#[cfg(test)]
mod tests;
#[cfg(feature = "files")]
mod trigger_words;
#[cfg(feature = "files")]
mod wildcards;

pub(crate) use model::FILE_NAME;
pub use model::{
    PromptMistake, PromptModel, PromptNames, PromptPreview, PromptSample, ResolvedPrompt, TaskPrompts, WildcardFile, WildcardText,
};
pub use weight::{Weighted, change_weight};

#[cfg(feature = "files")]
pub use apply::{resolve_recipe, resolve_workflow, templates_of};
#[cfg(feature = "files")]
pub use count::count;
#[cfg(feature = "files")]
pub use error::{PromptError, PromptErrorKind};
#[cfg(feature = "files")]
pub use file_names::{LocalTime, resolve_file_names};
#[cfg(feature = "files")]
pub use lora_tags::{LoraTag, add_loras, take_lora_tags};
#[cfg(feature = "files")]
pub(crate) use model_files::{FoundFile, find_file};
#[cfg(feature = "files")]
pub use preview::preview;
#[cfg(feature = "files")]
pub use resolve::resolve;
#[cfg(feature = "files")]
pub use template::PromptTemplate;
#[cfg(feature = "files")]
pub use trigger_words::trigger_words;
#[cfg(feature = "files")]
pub use wildcards::{WildcardName, WildcardNameError, Wildcards};
