//! The links of a workflow, in both directions.

use std::collections::HashMap;

use super::PoolClasses;
use crate::{
    comfy::{Workflow, WorkflowNode},
    ids::NodeId,
};

/// A link as the node at its end sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeLink<'a> {
    /// The node that reads, and its input.
    pub(crate) reader: &'a NodeId,
    pub(crate) input: &'a str,
    /// The output of the source that is read.
    pub(crate) slot: u64,
}

pub(crate) struct Graph<'a> {
    pub(crate) workflow: &'a Workflow,
    pub(crate) classes: &'a PoolClasses,
    links: HashMap<&'a str, Vec<NodeLink<'a>>>,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(workflow: &'a Workflow, classes: &'a PoolClasses) -> Self {
        let mut links: HashMap<&str, Vec<NodeLink>> = HashMap::new();
        for (reader, node) in &workflow.0 {
            for (input, source, slot) in node.links() {
                links.entry(source).or_default().push(NodeLink { reader, input, slot });
            }
        }
        Self { workflow, classes, links }
    }

    /// The links that read this node.
    pub(crate) fn readers(&self, node: &str) -> &[NodeLink<'a>] {
        self.links.get(node).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn node(&self, id: &str) -> Option<&'a WorkflowNode> {
        self.workflow.0.get(id)
    }

    /// The type of what a node gives at this slot. `None`: its class is unknown.
    pub(crate) fn output_kind(&self, id: &str, slot: u64) -> Option<&'a str> {
        self.classes.output_kind(self.node(id)?, slot)
    }

    /// Whether the node has an output of this type.
    pub(crate) fn gives(&self, node: &WorkflowNode, kind: &str) -> bool {
        self.classes.class(node.class_type()).is_some_and(|class| class.outputs.iter().any(|output| output.kind == kind))
    }

    /// Whether the node's results are outputs of the workflow. Of an unknown class: whether nothing reads it.
    pub(super) fn is_output(&self, id: &str) -> bool {
        let Some(node) = self.node(id) else { return false };
        self.classes.class(node.class_type()).map_or_else(|| self.readers(id).is_empty(), |class| class.is_output)
    }

    /// The longest way from each node to an end of the workflow, in links. In a cycle, as far as possible.
    pub(super) fn distances(&self) -> HashMap<&'a str, usize> {
        let mut distances: HashMap<&str, usize> = HashMap::new();
        for id in self.workflow.order().into_iter().rev() {
            let Some((id, node)) = self.workflow.0.get_key_value(&id) else { continue };
            let own = distances.get(id.as_str()).copied().unwrap_or_default();
            distances.entry(id.as_str()).or_default();
            for (_, source, _) in node.links() {
                let distance = distances.entry(source).or_default();
                *distance = (*distance).max(own + 1);
            }
        }
        distances
    }

    /// These nodes and all that they need, by the number of links to them: first those, then what they read.
    pub(crate) fn nearest_first(&self, nodes: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let mut found: Vec<&str> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut next: std::collections::VecDeque<&str> = nodes.into_iter().collect();
        while let Some(id) = next.pop_front() {
            if let Some((id, node)) = self.workflow.0.get_key_value(id)
                && seen.insert(id.as_str())
            {
                found.push(id.as_str());
                next.extend(node.links().map(|(_, source, _)| source));
            }
        }
        found
    }

    /// Everything that these nodes need, themselves included.
    pub(super) fn needed_by(&self, nodes: impl IntoIterator<Item = &'a str>) -> std::collections::HashSet<&'a str> {
        let mut needed = std::collections::HashSet::new();
        let mut stack: Vec<&str> = nodes.into_iter().collect();
        while let Some(id) = stack.pop() {
            if let Some((id, node)) = self.workflow.0.get_key_value(id)
                && needed.insert(id.as_str())
            {
                stack.extend(node.links().map(|(_, source, _)| source));
            }
        }
        needed
    }
}
