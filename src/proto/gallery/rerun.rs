//! What came of running the tasks of outputs again.

use serde::{Deserialize, Serialize};

/// A task with several of the selected outputs runs again once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputsRerun {
    /// New tasks.
    pub started: u32,
    /// Outputs whose task is not there any more: it was removed, or they were imported.
    pub without_task: u32,
    /// Tasks that were refused, and why the first of them was, for people.
    pub refused: u32,
    pub why: Option<String>,
}
