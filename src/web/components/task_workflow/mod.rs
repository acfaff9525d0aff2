//! The workflow of a task on its page: its graph, how long each node took, its inputs, its files and its request.

mod files;
mod graph;
mod graph_node;
mod loaded;
mod panel;
mod timeline;

pub use panel::TaskWorkflowPanels;
