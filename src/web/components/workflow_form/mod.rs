//! The form of a chosen workflow: its values as fields. Its code is loaded when a workflow is chosen.

mod choices;
mod combobox;
mod control;
mod field;
mod fields;
mod handle;
mod line;
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

pub use fields::WorkflowFields;
pub use open_file::open_any_file;
pub use saved::{SavedWorkflows, open_saved};
