//! Every node of a task in order of execution, and the facts around it.

mod facts;
mod panel;
mod row;

pub use facts::TaskFacts;
pub use panel::NodePanel;
