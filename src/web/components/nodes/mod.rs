//! The nodes of a task in order of execution, and facts about the task.

mod facts;
mod panel;
mod row;

pub use facts::TaskFacts;
pub use panel::NodePanel;
