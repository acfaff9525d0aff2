//! Nodes that can be switched off: what reads such a node then reads what it reads, as ComfyUI's page does with a bypassed node.

use std::collections::HashSet;

use serde_json::json;

use super::{FormStage, PoolClasses, Role, graph::Graph, prompts::prompts};
use crate::{
    comfy::{InputKind, NodeClass, Workflow, WorkflowNode},
    ids::NodeId,
};

/// Types that only primitive values have: such a node is no stage of the making of a picture.
const VALUES: [&str; 5] = ["INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"];

/// A workflow without some of its nodes, and what was done, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewired {
    pub workflow: Workflow,
    /// One sentence per change.
    pub changes: Vec<String>,
}

/// Why a node cannot be switched off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StageError {
    #[error("The workflow has no node {0}.")]
    NoNode(NodeId),
    #[error("No ComfyUI has the class {1} of node {0}, so that it is not known what could replace it.")]
    UnknownClass(NodeId, String),
    #[error("Node {node} cannot be switched off: what reads its {kind} would have nothing to read instead.")]
    NothingInstead { node: NodeId, kind: String },
    #[error("Node {0} cannot be switched off: its results are outputs of the workflow.")]
    Output(NodeId),
}

/// The nodes that a form offers to switch off, in the order of the file.
pub(super) fn offered(graph: &Graph) -> Vec<FormStage> {
    let prompts = prompts(graph);
    let stage = |(id, node): (&NodeId, &WorkflowNode)| {
        let offered = bypasses(graph, id, node).is_ok() && !graph.readers(id.as_str()).is_empty() && is_optional(graph, id.as_str(), node);
        let is_negative = graph.gives(node, "CONDITIONING") && prompts.get(id.as_str()) == Some(&Role::NegativePrompt);
        (offered && !is_negative).then(|| FormStage {
            node: id.clone(),
            title: graph.classes.title(node).to_owned(),
            class: node.class_type().to_owned(),
            on: true,
        })
    };
    graph.workflow.0.iter().filter_map(stage).collect()
}

/// A sampler that no other one comes before makes the picture; one after another refines it. Zeroed conditioning is what a sampler without a
/// negative prompt needs.
fn is_optional(graph: &Graph, id: &str, node: &WorkflowNode) -> bool {
    let samples =
        |node: &WorkflowNode| graph.gives(node, "LATENT") && (node.link("latent_image").is_some() || node.link("noise").is_some());
    if samples(node) {
        let before =
            graph.needed_by(node.links().map(|(_, source, _)| graph.workflow.0.get_key_value(source).map_or("", |(id, _)| id.as_str())));
        return before.iter().any(|other| *other != id && graph.node(other).is_some_and(samples));
    }
    let has_picture = graph.gives(node, "CONDITIONING") && node.class_type().contains("Zero");
    !has_picture
}

/// What each output that is read gives way to: `(slot, source, source's slot)`.
type Bypass<'a> = (u64, &'a str, u64);

fn bypasses<'a>(graph: &Graph<'a>, id: &NodeId, node: &'a WorkflowNode) -> Result<Vec<Bypass<'a>>, StageError> {
    let unknown = || StageError::UnknownClass(id.clone(), node.class_type().to_owned());
    let class = graph.classes.class(node.class_type()).ok_or_else(unknown)?;
    if class.is_output {
        return Err(StageError::Output(id.clone()));
    }
    let mut slots: Vec<u64> = graph.readers(id.as_str()).iter().map(|link| link.slot).collect();
    slots.sort_unstable();
    slots.dedup();
    let instead = |slot: u64| {
        let kind = class.outputs.get(usize::try_from(slot).unwrap_or(usize::MAX)).map_or("", |output| output.kind.as_str());
        let nothing = || StageError::NothingInstead { node: id.clone(), kind: kind.to_owned() };
        let (source, from) = same_type_input(graph, class, node, slot, kind).filter(|_| !VALUES.contains(&kind)).ok_or_else(nothing)?;
        Ok((slot, source, from))
    };
    slots.into_iter().map(instead).collect()
}

/// The link of the input that an output of this type gives way to: one of the same name, else the one in the same place among those of its type,
/// else the first.
fn same_type_input<'a>(graph: &Graph<'a>, class: &NodeClass, node: &'a WorkflowNode, slot: u64, kind: &str) -> Option<(&'a str, u64)> {
    let slot = usize::try_from(slot).ok()?;
    let fits = |input: &str, source: &str, from: u64| match graph.output_kind(source, from) {
        Some(given) if given.starts_with("COMFY_") || given == "*" => declared(class, input, kind),
        // What fits any of several types gives the type that it reads.
        Some(given) => given == kind || (kind.starts_with("COMFY_") || kind == "*") && declared(class, input, kind),
        None => declared(class, input, kind),
    };
    let mut fitting: Vec<(&str, &str, u64)> = node.links().filter(|(input, source, from)| fits(input, source, *from)).collect();
    fitting.sort_by_key(|(input, ..)| class.inputs.iter().position(|known| known.name == *input).unwrap_or(usize::MAX));
    let output = class.outputs.get(slot)?;
    let nth = class.outputs.iter().take(slot).filter(|other| other.kind == kind).count();
    let named = fitting.iter().find(|(input, ..)| input.eq_ignore_ascii_case(&output.name));
    named.or_else(|| fitting.get(nth)).or_else(|| fitting.first()).map(|(_, source, from)| (*source, *from))
}

/// Whether the input's own type is, or includes, this one.
fn declared(class: &NodeClass, input: &str, kind: &str) -> bool {
    match class.input(input).map(|input| &input.kind) {
        Some(InputKind::Other(own)) => {
            own == "*" || kind.starts_with("COMFY_") && own.contains(',') || own.split(',').any(|own| own == kind)
        }
        _ => false,
    }
}

/// Switches a node off: rewires what reads it to what it reads, and leaves out what no output needs any more.
///
/// # Errors
/// See [`StageError`].
pub fn switch_off(workflow: &Workflow, classes: &PoolClasses, id: &NodeId) -> Result<Rewired, StageError> {
    let graph = Graph::new(workflow, classes);
    let (id, node) = workflow.0.get_key_value(id).ok_or_else(|| StageError::NoNode(id.clone()))?;
    let bypasses = bypasses(&graph, id, node)?;
    let mut changed = workflow.clone();
    let mut changes = vec![format!("{} is switched off.", name(classes, node))];
    for link in graph.readers(id.as_str()) {
        let Some((_, source, from)) = bypasses.iter().find(|(slot, ..)| *slot == link.slot) else { continue };
        if let Some(reader) = changed.0.get_mut(link.reader) {
            reader.set_input(link.input, json!([source, from]));
        }
        let (reader, source) = (workflow.0.get(link.reader), workflow.0.get(*source));
        if let (Some(reader), Some(source)) = (reader, source) {
            changes.push(format!("{} gets \"{}\" from {} instead.", name(classes, reader), link.input, name(classes, source)));
        }
    }
    changed.0.shift_remove(id);
    let was_needed = graph.needed_by([id.as_str()]);
    Ok(without_unneeded(changed, classes, &was_needed, &outputs(&graph), changes))
}

/// Leaves out all outputs but these, and what only the others need.
#[must_use]
pub fn keep_outputs(workflow: &Workflow, classes: &PoolClasses, chosen: &HashSet<NodeId>) -> Rewired {
    let graph = Graph::new(workflow, classes);
    let all = outputs(&graph);
    // Those in the middle of the workflow are needed by others.
    let (kept, dropped): (Vec<&str>, Vec<&str>) = all.iter().partition(|id| chosen.contains(**id));
    if kept.is_empty() {
        return Rewired { workflow: workflow.clone(), changes: Vec::new() };
    }
    let was_needed = graph.needed_by(dropped);
    without_unneeded(workflow.clone(), classes, &was_needed, &kept.into_iter().collect(), Vec::new())
}

fn outputs<'a>(graph: &Graph<'a>) -> HashSet<&'a str> {
    graph.workflow.0.keys().map(|id| id.as_str()).filter(|id| graph.is_output(id)).collect()
}

/// Leaves out those of `candidates` that none of `outputs` needs.
fn without_unneeded(
    mut workflow: Workflow,
    classes: &PoolClasses,
    candidates: &HashSet<&str>,
    outputs: &HashSet<&str>,
    mut changes: Vec<String>,
) -> Rewired {
    let needed: HashSet<String> = {
        let graph = Graph::new(&workflow, classes);
        let outputs = workflow.0.keys().map(|id| id.as_str()).filter(|id| outputs.contains(id));
        graph.needed_by(outputs).into_iter().map(str::to_owned).collect()
    };
    let unneeded: Vec<NodeId> =
        workflow.0.keys().filter(|id| candidates.contains(id.as_str()) && !needed.contains(id.as_str())).cloned().collect();
    for id in unneeded {
        if let Some(node) = workflow.0.shift_remove(&id) {
            changes.push(format!("{} is left out: nothing needs it now.", name(classes, &node)));
        }
    }
    Rewired { workflow, changes }
}

/// "Load LoRA" (LoraLoader).
pub(super) fn name(classes: &PoolClasses, node: &WorkflowNode) -> String {
    let (title, class) = (classes.title(node), node.class_type());
    if title == class { format!("\"{class}\"") } else { format!("\"{title}\" ({class})") }
}
