//! Any workflow as a form: what each value in it is, which values ComfyUI accepts, and the workflow with values set.
//!
//! The types of a form itself are small and for pages, too; what makes a form and what applies one is only for the server and the command line
//! (feature `files`). The rules are those of ComfyUI's page and of its `execution.py` (0.8.0), as far as `/object_info` shows them.

mod arrangement;
mod arranging;
mod key;
mod model;
mod seed;

#[cfg(feature = "files")]
mod app_mode;
#[cfg(feature = "files")]
mod apply;
#[cfg(feature = "files")]
mod arrange;
#[cfg(feature = "files")]
mod build;
#[cfg(feature = "files")]
mod check;
#[cfg(feature = "files")]
mod classes;
#[cfg(feature = "files")]
mod dynamic;
#[cfg(feature = "files")]
mod graph;
#[cfg(feature = "files")]
mod hints;
#[cfg(feature = "files")]
mod loras;
#[cfg(feature = "files")]
mod overlay;
#[cfg(feature = "files")]
mod prompts;
#[cfg(feature = "files")]
mod roles;
#[cfg(feature = "files")]
mod schema;
#[cfg(feature = "files")]
mod spec;
#[cfg(feature = "files")]
mod stages;
#[cfg(feature = "files")]
#[cfg(test)]
mod tests;
#[cfg(feature = "files")]
mod text_value;
#[cfg(feature = "files")]
mod whole;
#[cfg(feature = "files")]
mod widgets;

pub use arrangement::{Arrangement, FieldArrangement};
pub use arranging::{FormPart, MovedTo};
pub use key::{FieldKey, FieldKeyError};
pub use model::{
    ChoiceList, FieldChoice, Form, FormField, FormOutput, FormStage, LoraChain, LoraChange, LoraEntry, MissingClass, NumberBounds,
    PartChange, PartChanges, Role, SeedControl, ValueProblem, Widget,
};

#[cfg(feature = "files")]
pub use app_mode::AppMode;
#[cfg(feature = "files")]
pub use apply::{FieldInput, apply};
#[cfg(feature = "files")]
pub use arrange::NO_OUTPUT;
#[cfg(feature = "files")]
pub use check::nearest;
#[cfg(feature = "files")]
pub use classes::PoolClasses;
#[cfg(feature = "files")]
pub use dynamic::dynamic_texts;
#[cfg(feature = "files")]
pub(crate) use graph::Graph;
#[cfg(feature = "files")]
pub use loras::{change_loras, keep_loras, lora_chains, set_loras};
#[cfg(feature = "files")]
pub use overlay::{FieldChange, NodeMark, OVERLAY_VERSION, Overlay, Unmatched, UnmatchedPart};
#[cfg(feature = "files")]
pub(crate) use prompts::{is_prompt, prompt_guidance, prompt_texts};
#[cfg(feature = "files")]
pub(crate) use roles::{SAMPLING, is_mask, is_sampler};
#[cfg(feature = "files")]
pub use schema::schema;
#[cfg(feature = "files")]
pub use stages::{Rewired, StageError, keep_outputs, switch_off};
#[cfg(feature = "files")]
pub use text_value::{LiteralType, is_link, read_as, read_boolean, read_by_looks, read_number};
#[cfg(feature = "files")]
pub use whole::check_workflow;
