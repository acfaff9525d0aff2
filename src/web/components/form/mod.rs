//! The form for a new task: the built-in text-to-image workflow, or any workflow file. It is a plain HTML form; with JavaScript the page stays
//! as it is when the form is sent, and problems are shown at their fields.

mod drop;
mod field;
mod file;
mod kept;
mod model;
mod panel;
mod provide;
mod seed;
mod send;
mod text;
mod workflow;

pub(crate) use field::{NumberField, TextField};
pub(crate) use file::WorkflowFile;
pub(crate) use model::input_id;
pub use model::{FormKind, FormModel, use_form};
pub use panel::MakePanel;
pub(crate) use panel::{GeneralProblems, refresh_options};
pub use provide::provide_form;
pub(crate) use provide::{EDIT_FORM, edit_form};
pub(crate) use seed::SeedField;
pub(crate) use text::{CheckpointField, SamplerFields};
