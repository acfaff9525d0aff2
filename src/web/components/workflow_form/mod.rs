//! The form of a chosen workflow: its values as fields. Its code is loaded when a workflow is chosen.

mod choices;
mod control;
mod field;
mod fields;
mod handle;
mod numbers;
mod read;
mod save;
mod saved;
mod stages;
mod upload;
mod values;

pub use fields::WorkflowFields;
pub use saved::{SavedWorkflows, open_saved};
