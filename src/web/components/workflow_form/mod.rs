//! The form of a chosen workflow: its values as fields. Its code is loaded when a workflow is chosen.

mod arrange;
mod arrange_context;
mod arrange_field;
mod arrange_list;
mod arrangement;
mod choices;
mod combobox;
mod control;
mod field;
mod fields;
mod groups;
mod handle;
mod line;
mod lora_draft;
mod lora_lists;
mod numbers;
mod open_file;
mod read;
mod remote;
mod save;
mod saved;
mod stages;
#[cfg(feature = "hydrate")]
mod taken;
mod upload;
mod values;

pub(crate) use arrangement::arranged;
pub use fields::WorkflowFields;
pub use open_file::open_any_file;
pub use saved::{SavedWorkflows, open_saved};
