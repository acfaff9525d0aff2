//! Why a task has no result, as the API shows it.

use proto::task::{Problem, Task, TaskError, TaskState};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a task has no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Failure)]
pub struct FailureReport {
    /// One sentence.
    #[schema(example = "Allocation on device")]
    pub message: String,
    /// Where it happened and what was raised, in words; empty without further information.
    #[schema(example = "torch.OutOfMemoryError in KSampler (node 3)")]
    pub details: String,
    /// The node that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// That node's class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The class of the Python exception.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub traceback: Vec<String>,
    /// Errors of ComfyUI's validation, before the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub node_errors: Vec<NodeFailure>,
}

/// An error of a node of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeError)]
pub struct NodeFailure {
    /// `null`: it concerns the whole workflow.
    #[schema(example = "4")]
    pub node: Option<String>,
    /// The title of the node in the workflow.
    #[schema(example = "Load checkpoint")]
    pub title: Option<String>,
    /// The input that is wrong; `null`: the node itself.
    #[schema(example = "ckpt_name")]
    pub input: Option<String>,
    /// ComfyUI's own message.
    #[schema(example = "Value not in list: ckpt_name: 'x' not in ['y']")]
    pub message: String,
}

impl From<&Problem> for NodeFailure {
    fn from(problem: &Problem) -> Self {
        let Problem { node, title, input, message } = problem;
        Self { node: node.as_ref().map(|node| node.0.clone()), title: title.clone(), input: input.clone(), message: message.clone() }
    }
}

impl FailureReport {
    /// `None` for a task that is unfinished or completed.
    #[must_use]
    pub fn of(task: &Task) -> Option<Self> {
        match (task.state, &task.error) {
            (TaskState::Failed, Some(error)) => Some(Self::from(error)),
            (TaskState::Failed, None) => Some(Self::plain("The task failed, and ComfyUI did not say why.")),
            (TaskState::Cancelled, _) => Some(Self::plain("The task was cancelled.")),
            _ => None,
        }
    }

    fn plain(message: &str) -> Self {
        Self::from(&TaskError::plain(message))
    }
}

impl From<&TaskError> for FailureReport {
    fn from(error: &TaskError) -> Self {
        let node = error.node.as_ref().map(|node| node.0.clone());
        let place = match (&error.class, &node) {
            (Some(class), Some(node)) => Some(format!("{class} (node {node})")),
            (None, Some(node)) => Some(format!("node {node}")),
            (class, None) => class.clone(),
        };
        let details = match (&error.exception, place) {
            (Some(exception), Some(place)) => format!("{exception} in {place}"),
            (exception, place) => exception.clone().or(place).unwrap_or_default(),
        };
        Self {
            message: error.message.clone(),
            details,
            node,
            class: error.class.clone(),
            exception: error.exception.clone(),
            traceback: error.traceback.clone(),
            node_errors: error.problems.iter().map(NodeFailure::from).collect(),
        }
    }
}
