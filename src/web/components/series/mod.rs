//! Many runs of the form: a number of them, or until a person stops it.

mod panel;
mod plan;

pub use panel::SeriesPanel;
