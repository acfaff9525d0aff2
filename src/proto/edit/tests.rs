//! Plans and workflows of edits.

mod plans;
mod starts;
mod support;
mod workflows;
