//! The nodes of a workflow, without the other members that programs add.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{FileError, parse::find_mark, unwrap::is_number};
use crate::{
    comfy::{Workflow, WorkflowNode},
    ids::NodeId,
    limits,
};

/// What ComfyUI notes in a node when it has run: given back, it would be taken for the present state of the node's files.
const IS_CHANGED: &str = "is_changed";
/// Members named in one note.
const LISTED: usize = 5;

/// Reads the nodes. Members that are no nodes, and what cannot be sent, are left out with a note.
///
/// # Errors
/// Too many nodes, or a node that cannot be run, named.
pub(super) fn read(object: Map<String, Value>, has_marks: bool, notes: &mut Vec<String>) -> Result<Workflow, FileError> {
    let linked = linked(&object);
    let mut left_out: Vec<String> = Vec::new();
    let mut changed = 0_usize;
    let mut nodes = Vec::with_capacity(object.len());
    for (id, value) in object {
        match value {
            Value::Object(mut node) if node.contains_key("class_type") => {
                changed += usize::from(node.shift_remove(IS_CHANGED).is_some());
                if has_marks {
                    drop_marked(&id, &mut node, notes)?;
                }
                nodes.push((NodeId(id.clone()), node_of(&id, node)?));
            }
            value if is_number(&id) || linked.contains(&id) || value.get("inputs").is_some() => {
                return Err(wrong(&id, "it has no class_type, which says what the node does.".into()));
            }
            _ => left_out.push(id),
        }
    }
    if nodes.len() > limits::WORKFLOW_NODES {
        return Err(FileError::TooLarge(format!("{} nodes, at most {}", nodes.len(), limits::WORKFLOW_NODES)));
    }
    if !left_out.is_empty() {
        let more = left_out.len().saturating_sub(LISTED);
        let names: Vec<String> = left_out.iter().take(LISTED).map(|name| format!("“{name}”")).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        notes.push(format!("Left out, because it is no node: {}{more}.", names.join(", ")));
    }
    if changed > 0 {
        notes.push(format!(
            "Left out: “{IS_CHANGED}” of {changed} {}, which ComfyUI finds out anew.",
            if changed == 1 { "node" } else { "nodes" }
        ));
    }
    Ok(Workflow(nodes.into_iter().collect()))
}

/// The ids of all nodes that others take an output of.
fn linked(object: &Map<String, Value>) -> HashSet<String> {
    let inputs = object.values().filter(|value| value.get("class_type").is_some()).filter_map(|node| node.get("inputs")?.as_object());
    let links = inputs.flat_map(Map::values).filter_map(|value| match value.as_array()?.as_slice() {
        [Value::String(id), Value::Number(_)] => Some(id.clone()),
        _ => None,
    });
    links.collect()
}

fn node_of(id: &str, mut node: Map<String, Value>) -> Result<WorkflowNode, FileError> {
    if !node.get("class_type").is_some_and(Value::is_string) {
        return Err(wrong(id, "its class_type is not a text.".into()));
    }
    match node.get("inputs") {
        None | Some(Value::Object(_)) => {}
        Some(Value::Null) => drop(node.insert("inputs".into(), Value::Object(Map::new()))),
        Some(_) => return Err(wrong(id, "its inputs are not an object of names and values.".into())),
    }
    WorkflowNode::try_from(node).map_err(|why| wrong(id, format!("{why}.")))
}

/// Leaves out members with numbers that JSON does not have; of an input, that is an error.
fn drop_marked(id: &str, node: &mut Map<String, Value>, notes: &mut Vec<String>) -> Result<(), FileError> {
    for (input, value) in node.get("inputs").and_then(Value::as_object).into_iter().flatten() {
        if let Some(word) = find_mark(value) {
            let class = node.get("class_type").and_then(Value::as_str).unwrap_or_default();
            return Err(FileError::Node {
                node: id.into(),
                class: Some(class.to_owned()),
                input: Some(input.clone()),
                why: format!("{word} is no number that can be sent. Give it a number."),
            });
        }
    }
    let marked: Vec<String> =
        node.iter().filter(|(name, value)| *name != "inputs" && find_mark(value).is_some()).map(|(name, _)| name.clone()).collect();
    for name in marked {
        node.shift_remove(&name);
        notes.push(format!("Left out, because JSON has no such number: “{name}” of node {id}."));
    }
    Ok(())
}

fn wrong(id: &str, why: String) -> FileError {
    FileError::Node { node: id.into(), class: None, input: None, why }
}
