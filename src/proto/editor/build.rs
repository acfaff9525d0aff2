//! Puts the prompt together.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{
    file::{FileGraphs, Mode},
    groups,
    node::{EditorNode, NodeRole},
    order,
    outcome::{Catalogue, Conversion, EditorError, Findings},
    prompt_text::{replace_names, without_comments},
    resolve::{InputSource, resolve},
    setup,
    tree::Tree,
    widget::{EditorWidget, Holds},
};
use crate::{
    comfy::{Workflow, WorkflowNode},
    ids::NodeId,
    limits,
    prompts::file_names::saves,
};

/// Nodes named in one note.
const LISTED: usize = 5;

pub(super) fn convert<'a>(editor: &'a Value, catalogue: Catalogue<'_, 'a>) -> Result<Conversion, EditorError> {
    let mut file = FileGraphs::read(editor);
    if file.graphs.iter().map(|graph| graph.nodes.len()).sum::<usize>() > limits::EDITOR_NODES {
        return Err(EditorError::TooManyNodes);
    }
    let mut findings = Findings::default();
    findings.problems.append(&mut file.problems);
    groups::expand(&mut file, catalogue, &mut findings)?;
    let nodes = setup::set_up(&file, catalogue, &mut findings)?;
    let tree = Tree::grow(&file, &nodes)?;
    let mut prompt = IndexMap::new();
    for place in 0..tree.places.len() {
        for (at, node) in tree.nodes_at(place).iter().enumerate() {
            if node.role == NodeRole::Runs && node.file.mode == Mode::Active {
                let id = tree.id(place, at);
                let inputs = inputs(&tree, place, at, node, &id, &mut findings)?;
                prompt.insert(id, json!({"inputs": inputs, "class_type": node.kind, "_meta": {"title": node.title()}}));
            }
        }
    }
    if prompt.is_empty() {
        return Err(EditorError::NothingRuns);
    }
    if prompt.len() > limits::WORKFLOW_NODES {
        return Err(EditorError::TooManyNodes);
    }
    drop_links_to_muted(&mut prompt);
    if let Some(circle) = order::circle(&prompt) {
        return Err(EditorError::LinkCycle(circle));
    }
    order::sort(&mut prompt);
    name_left_out(&tree, &mut findings);
    let node = |(id, node): (String, Value)| match node {
        Value::Object(node) => Some((NodeId(id), WorkflowNode::try_from(node).ok()?)),
        _ => None,
    };
    let workflow = Workflow(prompt.into_iter().filter_map(node).collect());
    let (notes, problems) = findings.all_notes();
    Ok(Conversion { workflow, notes, problems })
}

/// The values of the widgets, replaced by links where there are.
fn inputs(
    tree: &Tree,
    place: usize,
    at: usize,
    node: &EditorNode,
    id: &str,
    findings: &mut Findings,
) -> Result<Map<String, Value>, EditorError> {
    let mut inputs = Map::new();
    for widget in node.widgets.iter().filter(|widget| widget.sent) {
        if let Some(value) = value_of(widget, tree, node, id, findings) {
            inputs.insert(widget.name.clone(), sendable(value));
        }
    }
    for (slot, socket) in node.inputs.iter().enumerate() {
        match resolve(tree, place, at, slot)? {
            InputSource::Output { id, slot } => drop(inputs.insert(socket.name.clone(), json!([id, slot]))),
            InputSource::Value(value) => drop(inputs.insert(socket.name.clone(), sendable(value))),
            InputSource::Nothing => {}
            InputSource::NotPassed(why) => {
                findings.note(format!("Node {id} ({}): nothing reaches its input “{}”: {why}.", node.kind, socket.name))
            }
            InputSource::Broken(why) => {
                findings.problems.push(node.problem(id, format!("Nothing reaches its input “{}”: {why}.", socket.name)))
            }
        }
    }
    if let Some(why) = problem_of(node) {
        findings.problems.push(node.problem(id, why));
    }
    Ok(inputs)
}

fn problem_of(node: &EditorNode) -> Option<&'static str> {
    match (node.class, node.kind) {
        (None, _) if node.has_unnamed => {
            Some("No connected ComfyUI has this node class, and the file does not say which of its values belongs to which input.")
        }
        (None, _) => Some("No connected ComfyUI has this node class."),
        (Some(_), "Load3D") => Some("Its pictures are made by ComfyUI's page while it is open. Run this workflow there."),
        (Some(_), "WebcamCapture") => Some("Its picture is taken by ComfyUI's page from a camera. Put a LoadImage in its place."),
        (Some(_), "RecordAudio") => Some("Its sound is recorded by ComfyUI's page. Put a LoadAudio in its place."),
        (Some(_), "Anything Everywhere" | "Anything Everywhere3" | "Anything Everywhere?" | "Prompts Everywhere") => {
            Some("It makes links that are not in the file. In ComfyUI, convert them to real links, or use Workflow → Export (API).")
        }
        _ => None,
    }
}

/// The value as the page sends it.
fn value_of(widget: &EditorWidget, tree: &Tree, node: &EditorNode, id: &str, findings: &mut Findings) -> Option<Value> {
    let value = widget.value.as_ref()?;
    let Some(text) = value.as_str() else { return Some(value.clone()) };
    if let Holds::Text { dynamic_prompts: true } | Holds::Line { dynamic_prompts: true } = widget.holds {
        return Some(
            without_comments(text)
                .unwrap_or_else(|| {
                    findings.note(format!(
                        "Node {id} ({}): “{}” has alternatives, {{a|b}}. One is taken for each run of its form.",
                        node.kind, widget.name
                    ));
                    text.to_owned()
                })
                .into(),
        );
    }
    // Some versions of the editor stored the names of functions.
    if widget.name == "sampler_name" && matches!(node.kind, "KSampler" | "KSamplerAdvanced") {
        return Some(text.strip_prefix("sample_").unwrap_or(text).into());
    }
    if widget.name == "filename_prefix" && saves(node.kind) && text.contains('%') {
        let replaced = replace_names(text, tree.nodes);
        if replaced.contains("%date:") {
            findings.note(format!("Node {id} ({}): “{replaced}” has a date, which is filled in for each run.", node.kind));
        }
        return Some(replaced.into());
    }
    Some(value.clone())
}

/// A list would be read as a link.
fn sendable(value: Value) -> Value {
    if value.is_array() { json!({"__value__": value}) } else { value }
}

/// A link to a node that is not part of the prompt, because it is muted.
fn drop_links_to_muted(prompt: &mut IndexMap<String, Value>) {
    let ids: HashSet<String> = prompt.keys().cloned().collect();
    for node in prompt.values_mut() {
        if let Some(inputs) = node.get_mut("inputs").and_then(Value::as_object_mut) {
            inputs.retain(|_, value| order::link(value).is_none_or(|id| ids.contains(id)));
        }
    }
}

fn name_left_out(tree: &Tree, findings: &mut Findings) {
    let mut add = |what: &str, wanted: &dyn Fn(&EditorNode) -> bool| {
        let mut names = Vec::new();
        for place in 0..tree.places.len() {
            let nodes = tree.nodes_at(place).iter().enumerate().filter(|(_, node)| wanted(node));
            names.extend(nodes.map(|(at, node)| format!("{} ({})", node.title(), tree.id(place, at))));
        }
        if !names.is_empty() {
            let more = names.len().saturating_sub(LISTED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            findings.note(format!("{what}: {}{more}.", names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ")));
        }
    };
    let acts = |node: &EditorNode| matches!(node.role, NodeRole::Runs | NodeRole::Subgraph(_));
    add("Left out, because they are muted", &|node| acts(node) && node.file.mode == Mode::Muted);
    add("Passed over, because they are bypassed", &|node| acts(node) && node.file.mode == Mode::Bypassed);
    add("Left out, because they are notes or buttons of the editor", &|node| matches!(node.role, NodeRole::Note | NodeRole::EditorOnly));
}
