//! Sets up all nodes: those of a subgraph before the nodes that stand for it, because these show its widgets.

use std::collections::HashMap;

use super::{
    Catalogue, EditorError, Findings,
    file::{File, Graph, list},
    node::{Node, Role},
    prompt_text::replace_names,
};
use crate::limits;

/// The nodes of each graph, in the order of the file.
pub(super) type Nodes<'a> = HashMap<usize, Vec<Node<'a>>>;

/// # Errors
/// Subgraphs contain themselves, or are too deep.
pub(super) fn set_up<'f, 'a: 'f>(
    file: &'f File<'f>,
    catalogue: Catalogue<'_, 'a>,
    findings: &mut Findings,
) -> Result<Nodes<'f>, EditorError> {
    let mut done = Nodes::new();
    for graph in inner_first(file)? {
        let Some(stored) = file.graphs.get(graph) else { continue };
        let nodes = stored.nodes.iter().enumerate();
        let nodes = nodes.map(|(at, node)| Node::set_up((graph, at), node, file, catalogue, &done, findings)).collect();
        done.insert(graph, nodes);
    }
    let mut primitives = Vec::new();
    for (&graph, nodes) in &done {
        if let Some(stored) = file.graphs.get(graph) {
            primitives.extend(from_primitives(stored, nodes, &done).into_iter().map(|(node, widget, value)| (graph, node, widget, value)));
        }
    }
    for (graph, node, widget, value) in primitives {
        if let Some(widget) = done.get_mut(&graph).and_then(|nodes| nodes.get_mut(node)?.widget_mut(&widget)) {
            widget.set(&value);
        }
    }
    Ok(done)
}

/// The values of primitive nodes: the node and the widget that each goes into.
fn from_primitives(graph: &Graph, nodes: &[Node], all: &Nodes) -> Vec<(usize, String, serde_json::Value)> {
    let primitives: HashMap<&str, &Node> =
        nodes.iter().filter(|node| node.role == Role::Primitive).map(|node| (node.file.id.as_str(), node)).collect();
    let mut values = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        for socket in &node.inputs {
            let primitive = socket.link.as_ref().and_then(|link| primitives.get(graph.links.get(link)?.from.as_str()));
            if let (Some(widget), Some(value)) = (&socket.widget, primitive.and_then(|primitive| primitive_value(primitive, all))) {
                values.push((at, widget.clone(), value));
            }
        }
    }
    values
}

/// The first of its values. With this property, names in it are replaced as in the names of files.
pub(super) fn primitive_value(node: &Node, all: &Nodes) -> Option<serde_json::Value> {
    let value = list(node.file.values).first()?;
    let replaces = node.file.properties.and_then(|properties| properties.get("Run widget replace on values")) == Some(&true.into());
    match value.as_str() {
        Some(text) if replaces => Some(replace_names(text, all).into()),
        _ => Some(value.clone()),
    }
}

/// The main graph and those that it contains, each after those inside it.
fn inner_first(file: &File) -> Result<Vec<usize>, EditorError> {
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

fn inside<'f>(file: &'f File, graph: usize) -> impl Iterator<Item = usize> + 'f {
    let nodes = file.graphs.get(graph).map(|graph| graph.nodes.as_slice()).unwrap_or_default();
    nodes.iter().enumerate().filter_map(move |(at, node)| file.stands_for((graph, at), node))
}

fn name(file: &File, graph: usize) -> String {
    file.graphs.get(graph).map_or("", |graph| graph.name).to_owned()
}
