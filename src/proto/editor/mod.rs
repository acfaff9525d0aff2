//! Workflows in the format of ComfyUI's editor (`nodes` and `links`: what "Save" writes, and what pictures carry as `workflow`), as the prompts that ComfyUI
//! runs.
//!
//! ComfyUI's own page does this conversion before it queues a prompt, with the node classes of `/object_info`; its server cannot. This module gives what
//! the page gives (version 1.35.9 of its package `comfyui_frontend_package`; `executionUtil.ts`, `ExecutableNodeDTO.ts`, `litegraphService.ts` there), with these
//! intended differences:
//!
//! * Where the page fails (a link that is not in the file) or leaves something out without a word, there is a [`NodeProblem`] or a note.
//! * Numbers keep all their digits; the page rounds seeds above 2⁵³.
//! * Texts with alternatives, `{a|b}`, stay as they are: the page takes one at random.
//! * A class that no ComfyUI has keeps its name and as many values as can be named; the page sends it without a class.
//! * Nodes of KJNodes (`SetNode`, `GetNode`) and of rgthree that exist only in the editor are understood without these packs.

mod build;
mod file;
mod groups;
mod node;
mod order;
mod promoted;
mod prompt_text;
mod resolve;
mod setup;
#[cfg(test)]
mod tests;
mod tree;
mod values;
mod widget;

use serde_json::Value;

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
    fn new(node: &str, title: Option<&str>, class: &str, why: impl Into<String>) -> Self {
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
type Catalogue<'f, 'a> = &'f dyn Fn(&str) -> Option<&'a NodeClass>;

/// What is found on the way.
#[derive(Debug, Default)]
struct Findings {
    notes: Vec<String>,
    /// Those over the limit.
    more_notes: usize,
    problems: Vec<NodeProblem>,
}

impl Findings {
    fn note(&mut self, note: String) {
        if self.notes.len() < crate::limits::EDITOR_NOTES {
            self.notes.push(note);
        } else {
            self.more_notes += 1;
        }
    }

    fn all_notes(mut self) -> (Vec<String>, Vec<NodeProblem>) {
        if self.more_notes > 0 {
            self.notes.push(format!("There are {} more notes like these.", self.more_notes));
        }
        (self.notes, self.problems)
    }
}

/// Whether this is a file in the editor's format.
#[must_use]
pub fn is_editor_file(value: &Value) -> bool {
    value.get("nodes").is_some_and(Value::is_array)
}

/// The types of all nodes of the file, with those of its subgraphs and group nodes, without duplicates: mostly names of classes. For choosing the ComfyUI
/// whose classes are used.
#[must_use]
pub fn node_types(editor: &Value) -> Vec<&str> {
    let file = file::File::read(editor);
    let grouped = file.groups.values().flat_map(|group| file::list(group.get("nodes"))).filter_map(|node| file::text(node, "type"));
    let mut types: Vec<&str> = file.graphs.iter().flat_map(|graph| graph.nodes.iter().map(|node| node.kind)).chain(grouped).collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// Converts a file in the editor's format. `class` looks up a node class by its `class_type`.
///
/// # Errors
/// See [`EditorError`]. What is wrong with single nodes is in [`Conversion::problems`].
pub fn convert<'a>(editor: &'a Value, class: impl Fn(&str) -> Option<&'a NodeClass>) -> Result<Conversion, EditorError> {
    build::convert(editor, &class)
}
