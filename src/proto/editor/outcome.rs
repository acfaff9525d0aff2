//! What a conversion gives: the workflow, what was left out, and what went wrong.

use crate::{
    comfy::{NodeClass, Workflow},
    ids::NodeId,
};

/// A converted file.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    pub workflow: Workflow,
    /// What was left out on purpose, for people: notes, muted and bypassed nodes.
    pub notes: Vec<String>,
    /// What could not be converted, node by node. The workflow has everything else; as long as there are problems it is not what the author made.
    pub problems: Vec<NodeProblem>,
}

/// Something of a node that could not be converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeProblem {
    /// Its id in the prompt.
    pub node: NodeId,
    /// The title for people, if it has one.
    pub title: Option<String>,
    /// Empty if the file does not have it.
    pub class: String,
    /// A sentence.
    pub why: String,
}

impl NodeProblem {
    pub(super) fn new(node: &str, title: Option<&str>, class: &str, why: impl Into<String>) -> Self {
        Self { node: node.into(), title: title.map(str::to_owned), class: class.to_owned(), why: why.into() }
    }
}

impl std::fmt::Display for NodeProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let class = if self.class.is_empty() { "no type" } else { &self.class };
        match self.title.as_deref().filter(|title| *title != self.class) {
            Some(title) => write!(f, "Node {} “{title}” ({class}): {}", self.node, self.why),
            None => write!(f, "Node {} ({class}): {}", self.node, self.why),
        }
    }
}

/// Why a file cannot be converted at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditorError {
    #[error(
        "Nothing of this workflow runs: it has no nodes, or only notes and nodes that are muted or bypassed. Save it again in ComfyUI with active nodes."
    )]
    NothingRuns,
    #[error("The links of this workflow form a circle: {}. ComfyUI cannot run that. Remove one of these links in ComfyUI.", .0.join(" → "))]
    LinkCycle(Vec<String>),
    #[error("The subgraphs of this workflow contain each other: {}. Remove one of them in ComfyUI.", quoted(.0))]
    SubgraphCycle(Vec<String>),
    #[error("The subgraphs of this workflow are nested more than {} deep.", crate::limits::EDITOR_DEPTH)]
    TooDeep,
    #[error(
        "This workflow is too large: more than {} nodes to read, or {} to run.",
        crate::limits::EDITOR_NODES,
        crate::limits::WORKFLOW_NODES
    )]
    TooManyNodes,
    #[error("This workflow is too large: its nodes have too many inputs, or its links pass through too many reroutes and subgraphs.")]
    TooManyLinks,
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(" → ")
}

/// How classes are looked up.
pub(super) type Catalogue<'f, 'a> = &'f dyn Fn(&str) -> Option<&'a NodeClass>;

/// What is found on the way.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) notes: Vec<String>,
    /// Those over the limit.
    more_notes: usize,
    pub(super) problems: Vec<NodeProblem>,
}

impl Findings {
    pub(super) fn note(&mut self, note: String) {
        if self.notes.len() < crate::limits::EDITOR_NOTES {
            self.notes.push(note);
        } else {
            self.more_notes += 1;
        }
    }

    pub(super) fn all_notes(mut self) -> (Vec<String>, Vec<NodeProblem>) {
        if self.more_notes > 0 {
            self.notes.push(format!("There are {} more notes like these.", self.more_notes));
        }
        (self.notes, self.problems)
    }
}
