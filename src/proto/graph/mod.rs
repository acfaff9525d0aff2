//! The graph of a workflow as a drawing: where each node is, and the links between them.
//!
//! The types are for pages, too; what makes a drawing is only for the server (feature `files`).

#[cfg(feature = "files")]
mod draw;
#[cfg(feature = "files")]
mod layout;
mod model;

#[cfg(feature = "files")]
pub use layout::{LayoutSize, layout};
pub use model::{GraphLink, GraphNode, TaskWorkflow, WorkflowGraph};
