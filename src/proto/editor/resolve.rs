//! Where the value of an input comes from, through everything that exists in the editor only.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    file::{Mode, SUBGRAPH_INPUTS},
    node::{EditorNode, NodeRole},
    outcome::EditorError,
    setup::primitive_value,
    tree::Tree,
};

/// The source of an input.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum InputSource {
    /// An output of a node that runs (or is muted), by its id in the prompt.
    Output {
        id: String,
        slot: usize,
    },
    Value(Value),
    /// It is not linked, or its link ends before it reaches a node that runs.
    Nothing,
    /// A bypassed node has no input that could take the place of its output.
    NotPassed(String),
    /// The file is broken here.
    Broken(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum LinkEnd {
    Input { place: usize, node: usize, slot: usize },
    Output { place: usize, id: String, slot: usize },
}

/// Follows the input `slot` of a node.
///
/// # Errors
/// The links form a circle of nodes that only pass on.
pub(super) fn resolve(tree: &Tree, place: usize, node: usize, slot: usize) -> Result<InputSource, EditorError> {
    let mut at = LinkEnd::Input { place, node, slot };
    // The type that is asked for. A bypassed node asks for that of its own input.
    let mut kind: Option<String> = None;
    let mut seen = Vec::new();
    let mut known = HashSet::new();
    let mut through_reroute = false;
    loop {
        tree.count(1)?;
        if !known.insert(at.clone()) {
            return Err(EditorError::LinkCycle(names(tree, &seen, &at)));
        }
        seen.push(at.clone());
        at = match at {
            LinkEnd::Input { place, node, slot } => {
                let Some(here) = tree.node(place, node) else { return Ok(InputSource::Nothing) };
                let Some(socket) = here.inputs.get(slot) else { return Ok(InputSource::Nothing) };
                let Some(id) = &socket.link else {
                    // The widget of a subgraph's node.
                    let own = socket.widget.as_deref().filter(|_| matches!(here.role, NodeRole::Subgraph(_)));
                    let value = own.and_then(|name| here.widget(name)?.value.clone());
                    return Ok(value.map_or(InputSource::Nothing, InputSource::Value));
                };
                let Some(link) = tree.graph(place).and_then(|graph| graph.links.get(id)) else {
                    return Ok(InputSource::Broken(format!("link {id} is not in the file")));
                };
                let wanted = kind.take().unwrap_or_else(|| socket.kind.clone());
                match tree.parent(place) {
                    Some((outer, node)) if link.from == SUBGRAPH_INPUTS => LinkEnd::Input { place: outer, node, slot: link.from_slot },
                    _ => {
                        kind = Some(wanted);
                        LinkEnd::Output { place, id: link.from.clone(), slot: link.from_slot }
                    }
                }
            }
            LinkEnd::Output { place, id, slot } => {
                let Some(node) = tree.find(place, &id) else {
                    return Ok(InputSource::Broken(format!("node {id}, which it is linked to, is not in the file")));
                };
                let Some(here) = tree.node(place, node) else { return Ok(InputSource::Nothing) };
                let wanted = kind.clone().unwrap_or_else(|| "*".into());
                if here.file.mode == Mode::Bypassed {
                    let Some(slot) = bypass(here, slot, &wanted) else {
                        return Ok(InputSource::NotPassed(format!(
                            "node {} ({}) is bypassed, and has no input of the type {wanted}",
                            tree.id(place, node),
                            here.kind
                        )));
                    };
                    kind = None;
                    LinkEnd::Input { place, node, slot }
                } else {
                    match &here.role {
                        NodeRole::Runs => {
                            let id = tree.id(place, node);
                            let lacks = here.class.is_some_and(|class| slot >= class.outputs.len());
                            let broken = || {
                                InputSource::Broken(format!("node {id} ({}) has no output {slot} in this version of the node", here.kind))
                            };
                            return Ok(if lacks { broken() } else { InputSource::Output { id, slot } });
                        }
                        NodeRole::Note | NodeRole::EditorOnly => return Ok(InputSource::Nothing),
                        NodeRole::Primitive => {
                            // It has set the widgets that it is linked to. Those inside of a subgraph take the value that way.
                            let crossed = seen.iter().any(|at| matches!(at, LinkEnd::Input { place: other, .. } if *other != place));
                            let value = primitive_value(here, tree.nodes).filter(|_| crossed && !through_reroute);
                            return Ok(value.map_or(InputSource::Nothing, InputSource::Value));
                        }
                        NodeRole::Reroute | NodeRole::Setter(_) => {
                            through_reroute = true;
                            LinkEnd::Input { place, node, slot: 0 }
                        }
                        NodeRole::Getter(name) => match setter(tree, place, name)? {
                            Some((place, node)) => LinkEnd::Input { place, node, slot: 0 },
                            None => return Ok(InputSource::Broken(format!("no SetNode is named “{name}”"))),
                        },
                        NodeRole::Subgraph(graph) => {
                            let definition = tree.file.graphs.get(*graph);
                            let Some(port) = definition.and_then(|definition| definition.outputs.get(slot)) else {
                                return Ok(InputSource::Broken(format!("subgraph {} has no output {slot}", here.title())));
                            };
                            let link = port.links.iter().find_map(|id| definition?.links.get(id));
                            match (link, tree.child(place, node)) {
                                // It goes straight through.
                                (Some(link), _) if link.from == SUBGRAPH_INPUTS => LinkEnd::Input { place, node, slot: link.from_slot },
                                (Some(link), Some(inner)) => LinkEnd::Output { place: inner, id: link.from.clone(), slot: link.from_slot },
                                _ => return Ok(InputSource::Nothing),
                            }
                        }
                    }
                }
            }
        };
    }
}

/// In this graph, or in one that it is inside of.
fn setter(tree: &Tree, place: usize, name: &str) -> Result<Option<(usize, usize)>, EditorError> {
    let mut place = place;
    loop {
        let nodes = tree.nodes_at(place);
        tree.count(nodes.len())?;
        if let Some(node) = nodes.iter().position(|node| matches!(&node.role, NodeRole::Setter(other) if other == name)) {
            return Ok(Some((place, node)));
        }
        match tree.parent(place) {
            Some((outer, _)) => place = outer,
            None => return Ok(None),
        }
    }
}

/// Which input of a bypassed node takes the place of an output.
fn bypass(node: &EditorNode, slot: usize, wanted: &str) -> Option<usize> {
    let inputs = &node.inputs;
    if wanted.is_empty() || wanted == "*" {
        return (!inputs.is_empty()).then_some(if inputs.len() > slot { slot } else { 0 });
    }
    let given = node.outputs.get(slot).map_or("*", String::as_str);
    let fits = |kind: &str| connects(kind, given) && connects(kind, wanted);
    if inputs.get(slot).is_some_and(|input| fits(&input.kind)) {
        return Some(slot);
    }
    inputs.iter().position(|input| input.kind == wanted).or_else(|| inputs.iter().position(|input| fits(&input.kind)))
}

/// Whether slots of these types may be linked. A type can list several, with commas.
fn connects(one: &str, other: &str) -> bool {
    let is_any = |kind: &str| kind.is_empty() || kind == "*" || kind == "0";
    is_any(one)
        || is_any(other)
        || one.split(',').any(|one| other.split(',').any(|other| is_any(one) || is_any(other) || one.eq_ignore_ascii_case(other)))
}

/// The nodes of a circle, each once.
fn names(tree: &Tree, seen: &[LinkEnd], again: &LinkEnd) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for at in seen.iter().skip_while(|at| *at != again) {
        let node = match at {
            LinkEnd::Input { place, node, .. } => Some((*place, *node)),
            LinkEnd::Output { place, id, .. } => tree.find(*place, id).map(|node| (*place, node)),
        };
        let Some((place, node)) = node else { continue };
        let Some(kind) = tree.node(place, node).map(|node| node.kind) else { continue };
        let name = format!("{} ({kind})", tree.id(place, node));
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
    names
}
