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
mod outcome;
mod promoted;
mod prompt_text;
mod resolve;
mod same;
mod setup;
#[cfg(test)]
mod tests;
mod tree;
mod values;
mod widget;
mod write;

pub use outcome::{Conversion, EditorError, NodeProblem};
pub(crate) use same::by_most_classes;
pub use write::EditorText;

use std::borrow::Borrow;

use serde_json::Value;

use crate::comfy::{Catalog, NodeClass, Workflow};

/// Whether this is a file in the editor's format.
#[must_use]
pub fn is_editor_file(value: &Value) -> bool {
    value.get("nodes").is_some_and(Value::is_array)
}

/// The types of all nodes of the file, with those of its subgraphs and group nodes, without duplicates: mostly names of classes. For choosing the ComfyUI
/// whose classes are used.
#[must_use]
pub fn node_types(editor: &Value) -> Vec<&str> {
    let file = file::FileGraphs::read(editor);
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

/// Writes a workflow in API format as a file of the editor. `class` looks up a node class by its `class_type`.
pub fn write<'a>(workflow: &'a Workflow, class: impl Fn(&str) -> Option<&'a NodeClass>) -> EditorText {
    write::write(workflow, &class)
}

/// The file of the editor for a workflow in API format, with the node classes of `catalogs`: `own`, the file that was handed in with it, if that still
/// gives this workflow, else a written one. `None`: no node class is known yet.
pub fn file_of<'a, C: Borrow<Catalog>>(workflow: &'a Workflow, own: Option<&'a Value>, catalogs: &'a [C]) -> Option<EditorText> {
    let mut classes: Vec<&str> = workflow.0.values().map(crate::comfy::WorkflowNode::class_type).collect();
    classes.sort_unstable();
    classes.dedup();
    let known = by_most_classes(catalogs, &classes);
    if known.is_empty() {
        return None;
    }
    let class = |class: &str| known.iter().find_map(|catalog| catalog.class(class));
    match own.filter(|own| is_editor_file(own) && same::gives(own, &class, workflow)) {
        Some(own) => Some(EditorText { file: own.clone(), problems: Vec::new() }),
        None => Some(write(workflow, class)),
    }
}
