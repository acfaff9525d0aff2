//! A drawing of a workflow, and what else the page of a task shows of it.

use serde::{Deserialize, Serialize};

use crate::ids::NodeId;

/// Nodes and links with their places, in pixels from the upper left corner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowGraph {
    pub width: u32,
    pub height: u32,
    /// In the order of execution.
    pub nodes: Vec<GraphNode>,
    pub links: Vec<GraphLink>,
}

/// A node as a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphNode {
    pub id: NodeId,
    /// The title in the workflow, else the class's name for people.
    pub title: String,
    pub class: String,
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// A link from the right side of a node to the left side of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphLink {
    /// Places in [`WorkflowGraph::nodes`].
    pub from: u32,
    pub to: u32,
    /// Where it begins and ends.
    pub start: (u32, u32),
    pub end: (u32, u32),
    /// The name of the input that it leads to.
    pub input: String,
}

/// What the page of a task shows of its workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskWorkflow {
    pub graph: WorkflowGraph,
    /// The important values of its form: label and value. Empty if the task came from the built-in form.
    pub inputs: Vec<(String, String)>,
    /// The body of the `POST /api/tasks` that makes the same task, as JSON.
    pub request: String,
    /// What of the task is not in the request, as a sentence. Empty: nothing.
    pub left_out: String,
}
