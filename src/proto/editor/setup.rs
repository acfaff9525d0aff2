//! Sets up all nodes: those of a subgraph before the nodes that stand for it, because these show its widgets.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    file::{EditorGraph, FileGraphs, list},
    node::{EditorNode, NodeRole, Nodes},
    outcome::{Catalogue, EditorError, Findings},
    prompt_text::replace_names,
    widget::EditorWidget,
};
use crate::limits;

/// # Errors
/// Subgraphs contain themselves, or are too deep.
pub(super) fn set_up<'f, 'a: 'f>(
    file: &'f FileGraphs<'f>,
    catalogue: Catalogue<'_, 'a>,
    findings: &mut Findings,
) -> Result<Nodes<'f>, EditorError> {
    let mut done = Nodes::new();
    let mut shown = HashMap::new();
    let mut parts = 0;
    for graph in inner_first(file)? {
        let Some(stored) = file.graphs.get(graph) else { continue };
        let mut nodes = Vec::with_capacity(stored.nodes.len());
        for (at, node) in stored.nodes.iter().enumerate() {
            let node = EditorNode::set_up((graph, at), node, file, catalogue, &shown, findings);
            parts += node.inputs.len() + node.widgets.len();
            if parts > limits::EDITOR_PARTS {
                return Err(EditorError::TooManyLinks);
            }
            nodes.push(node);
        }
        shown.insert(graph, shown_widgets(stored, &nodes));
        done.insert(graph, nodes);
    }
    // Those that name values of other nodes come last: these values may be of primitive nodes.
    for replaces in [false, true] {
        for (graph, node, widget, value) in from_primitives(file, &done, replaces) {
            if let Some(widget) = done.get_mut(&graph).and_then(|nodes| nodes.get_mut(node)?.widget_mut(&widget)) {
                widget.set(&value);
            }
        }
    }
    Ok(done)
}

/// The widgets that the inputs of a subgraph end at: of each input the first, if any.
fn shown_widgets(graph: &EditorGraph, nodes: &[EditorNode]) -> Vec<Option<EditorWidget>> {
    let by_id: HashMap<&str, &EditorNode> = nodes.iter().map(|node| (node.file.id.as_str(), node)).collect();
    let widget = |id: &String| {
        let node = by_id.get(graph.links.get(id)?.to.as_str())?;
        let socket = node.inputs.iter().find(|socket| socket.link.as_ref() == Some(id))?;
        node.widget(socket.widget.as_deref()?).cloned()
    };
    graph.inputs.iter().map(|port| port.links.iter().find_map(widget)).collect()
}

/// The values of primitive nodes: the graph, node and widget that each goes into.
fn from_primitives(file: &FileGraphs, all: &Nodes, replaces: bool) -> Vec<(usize, usize, String, Value)> {
    let mut values = Vec::new();
    for (&at, nodes) in all {
        let Some(graph) = file.graphs.get(at) else { continue };
        let primitives = nodes.iter().filter(|node| node.role == NodeRole::Primitive && replaces_names(node) == replaces);
        let primitives: HashMap<&str, &EditorNode> = primitives.map(|node| (node.file.id.as_str(), node)).collect();
        for (node, socket) in nodes.iter().enumerate().flat_map(|(at, node)| node.inputs.iter().map(move |socket| (at, socket))) {
            let primitive = socket.link.as_ref().and_then(|link| primitives.get(graph.links.get(link)?.from.as_str()));
            if let (Some(widget), Some(value)) = (&socket.widget, primitive.and_then(|primitive| primitive_value(primitive, all))) {
                values.push((at, node, widget.clone(), value));
            }
        }
    }
    values
}

/// The first of its values. With a property, names in it are replaced as in the names of files.
pub(super) fn primitive_value(node: &EditorNode, all: &Nodes) -> Option<Value> {
    let value = list(node.file.values.as_deref()).first()?;
    match value.as_str() {
        Some(text) if replaces_names(node) => Some(replace_names(text, all).into()),
        _ => Some(value.clone()),
    }
}

fn replaces_names(node: &EditorNode) -> bool {
    node.file.properties.and_then(|properties| properties.get("Run widget replace on values")) == Some(&true.into())
}

/// The main graph and those that it contains, each after those inside it.
fn inner_first(file: &FileGraphs) -> Result<Vec<usize>, EditorError> {
    enum Step {
        Enter(usize),
        Leave(usize),
    }
    let mut order = Vec::new();
    let mut path: Vec<usize> = Vec::new();
    let mut depths: HashMap<usize, usize> = HashMap::new();
    let mut steps = vec![Step::Enter(0)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Enter(graph) if path.contains(&graph) => {
                let circle = path.iter().skip_while(|&&inner| inner != graph).chain([&graph]);
                return Err(EditorError::SubgraphCycle(circle.map(|&graph| name(file, graph)).collect()));
            }
            Step::Enter(graph) if depths.contains_key(&graph) => {}
            Step::Enter(graph) => {
                path.push(graph);
                if path.len() > limits::EDITOR_DEPTH {
                    return Err(EditorError::TooDeep);
                }
                steps.push(Step::Leave(graph));
                steps.extend(inside(file, graph).map(Step::Enter));
            }
            Step::Leave(graph) => {
                path.pop();
                let depth = inside(file, graph).filter_map(|inner| depths.get(&inner)).max().copied().unwrap_or_default() + 1;
                if depth > limits::EDITOR_DEPTH {
                    return Err(EditorError::TooDeep);
                }
                depths.insert(graph, depth);
                order.push(graph);
            }
        }
    }
    Ok(order)
}

fn inside<'f>(file: &'f FileGraphs, graph: usize) -> impl Iterator<Item = usize> + 'f {
    let nodes = file.graphs.get(graph).map(|graph| graph.nodes.as_slice()).unwrap_or_default();
    nodes.iter().enumerate().filter_map(move |(at, node)| file.stands_for((graph, at), node))
}

fn name(file: &FileGraphs, graph: usize) -> String {
    file.graphs.get(graph).map_or("", |graph| graph.name).to_owned()
}
