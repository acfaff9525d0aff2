//! Plans and workflows of edits.

mod plain_forms;
mod plans;
mod starts;
mod support;
mod workflows;
