//! Plans and workflows of edits.

mod plain_forms;
mod plans;
mod starts;
pub(crate) mod support;
mod workflows;
