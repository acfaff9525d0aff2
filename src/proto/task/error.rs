//! Why a task failed.

use serde::{Deserialize, Serialize};

use super::{super::ids::NodeId, problem::Problem};

/// Why a task, or a branch of its workflow, failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskError {
    /// One sentence, shown to people.
    pub message: String,
    pub node: Option<NodeId>,
    /// The node's class in ComfyUI.
    pub class: Option<String>,
    /// Such as `torch.OutOfMemoryError`.
    pub exception: Option<String>,
    pub traceback: Vec<String>,
    /// Errors of ComfyUI's validation, before the run.
    pub problems: Vec<Problem>,
}

impl TaskError {
    #[must_use]
    pub fn plain(message: impl Into<String>) -> Self {
        Self { message: message.into(), node: None, class: None, exception: None, traceback: Vec::new(), problems: Vec::new() }
    }
}
