//! What to make: the form of the built-in text-to-image workflow, and any workflow file. It is a plain form that works by itself;
//! JavaScript keeps the page where it is and says what is wrong without losing a word.

mod drop;
mod field;
mod file;
mod model;
mod panel;
mod seed;
mod send;
mod text;
mod workflow;

pub use model::{FormModel, provide_form, use_form};
pub use panel::MakePanel;
pub(crate) use text::label;
