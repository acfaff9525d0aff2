//! Group nodes, which older versions of the editor had instead of subgraphs. Each becomes a graph of its own, with the values that the group node has for the
//! nodes in it (`groupNode.ts` of the page).

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde_json::{Map, Value};

use super::{
    file::{EditorGraph, FileGraphs, FileNode, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS, StoredLink, SubgraphPort, list, read_node, text},
    outcome::{Catalogue, EditorError, Findings, NodeProblem},
    values::FileValues,
    widget::{EditorWidget, Parts, Values, controls, is_widget},
};
use crate::limits;

/// # Errors
/// Too many nodes.
pub(super) fn expand<'a>(file: &mut FileGraphs<'a>, catalogue: Catalogue, findings: &mut Findings) -> Result<(), EditorError> {
    if file.groups.is_empty() {
        return Ok(());
    }
    let mut count = 0;
    for graph in 0..file.graphs.len() {
        let nodes = file.graphs.get(graph).map(|graph| graph.nodes.as_slice()).unwrap_or_default();
        let mut made = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            let name = node.kind.strip_prefix("workflow>").or_else(|| node.kind.strip_prefix("workflow/"));
            let Some(stored) = name.and_then(|name| file.groups.get(name)) else { continue };
            let group = Group::read(stored, name.unwrap_or_default(), catalogue);
            if let Some(unknown) = group.unknown {
                findings.problems.push(NodeProblem::new(
                    &node.id,
                    node.title,
                    node.kind,
                    format!("The group has a node {unknown}, a class that no connected ComfyUI has. The values of its nodes are those of the group, not of this node."),
                ));
            }
            count += group.nodes.len() + group.links.len();
            if count > limits::EDITOR_NODES {
                return Err(EditorError::TooManyNodes);
            }
            let inside = group.into_graph(node, catalogue);
            let takes = |name: &str| inside.inputs.iter().enumerate().any(|(slot, port)| port.name == name && inside.takes(slot));
            for input in node.inputs.iter().filter(|input| input.link.is_some() && !takes(input.name)) {
                let why = format!("Its input “{}” leads to no input of a node in the group; the link to it was left out.", input.name);
                findings.problems.push(NodeProblem::new(&node.id, node.title, node.kind, why));
            }
            made.push((at, inside));
        }
        for (at, made) in made {
            file.group_nodes.insert((graph, at), file.graphs.len());
            file.graphs.push(made);
        }
    }
    Ok(())
}

impl EditorGraph<'_> {
    /// Whether something inside is linked to this input.
    fn takes(&self, slot: usize) -> bool {
        self.links.values().any(|link| link.from == SUBGRAPH_INPUTS && link.from_slot == slot)
    }
}

/// A group as it is stored: nodes, named by their position, and links between them.
struct Group<'a> {
    name: &'a str,
    stored: &'a Value,
    nodes: Vec<FileNode<'a>>,
    links: Vec<GroupLink<'a>>,
    /// Outputs that are linked within the group, by node and slot, with the first link of each.
    linked: HashMap<(usize, usize), usize>,
    /// Outputs that are linked outside, too.
    external: HashSet<(usize, usize)>,
    /// The class of a node that is not known.
    unknown: Option<&'a str>,
}

impl<'a> Group<'a> {
    fn read(stored: &'a Value, name: &'a str, catalogue: Catalogue) -> Self {
        let nodes = list(stored.get("nodes")).iter().enumerate();
        let nodes: Vec<_> = nodes.filter_map(|(at, node)| read_node(node, Some(at))).collect();
        let number = |link: &Value, at: usize| usize::try_from(link.get(at)?.as_u64()?).ok();
        let link = |link: &'a Value| {
            let kind = link.get(5).and_then(Value::as_str).unwrap_or("COMBO");
            Some(GroupLink { from: number(link, 0)?, from_slot: number(link, 1)?, to: number(link, 2)?, to_slot: number(link, 3)?, kind })
        };
        let editor_only = ["PrimitiveNode", "Reroute", "Note", "MarkdownNote"];
        let unknown = nodes.iter().map(|node| node.kind).find(|kind| !editor_only.contains(kind) && catalogue(kind).is_none());
        let links: Vec<GroupLink> = list(stored.get("links")).iter().filter_map(link).collect();
        let mut linked = HashMap::new();
        for (at, link) in links.iter().enumerate() {
            linked.entry((link.from, link.from_slot)).or_insert(at);
        }
        let external = list(stored.get("external")).iter().filter_map(|entry| Some((number(entry, 0)?, number(entry, 1)?))).collect();
        Self { name, stored, nodes, links, linked, external, unknown }
    }

    /// The graph that one group node stands for.
    fn into_graph(mut self, outer: &FileNode<'a>, catalogue: Catalogue) -> EditorGraph<'a> {
        let mut graph = EditorGraph { name: self.name, ..EditorGraph::default() };
        for &GroupLink { from, from_slot, to, to_slot, .. } in &self.links {
            let id = format!("{from}.{from_slot}-{to}.{to_slot}");
            if let Some(input) = self.nodes.get_mut(to).and_then(|node| node.inputs.get_mut(to_slot)) {
                input.link = Some(id.clone());
                graph.links.insert(id, StoredLink { from: from.to_string(), from_slot, to: to.to_string() });
            }
        }
        let mut values =
            GivenValues { outer: FileValues::listed(outer.values.as_deref()), skipped: HashSet::new(), skips: false, given: Map::new() };
        if self.unknown.is_some() {
            // Which value belongs to which node is not known.
            values.outer = FileValues::None;
        }
        let mut names = Names::default();
        // Inputs with a widget that were made into sockets come after all others.
        let mut converted = Vec::new();
        for at in 0..self.nodes.len() {
            self.give_values(at, catalogue, &mut values);
            self.add_inputs(at, catalogue, &mut names, &mut converted, &mut graph);
            self.add_outputs(at, catalogue, &mut graph);
        }
        for (at, input) in converted {
            let name = self.outer_name(at, &input, &mut names);
            let mut widget = EditorWidget { name: input.clone(), ..EditorWidget::new("", None) };
            values.outer.give(&mut widget);
            if let Some(value) = widget.value {
                self.set_value(at, &input, value);
            }
            let class = self.nodes.get(at).and_then(|node| catalogue(node.kind));
            for _ in class.and_then(|class| class.input(&input)).map(controls).unwrap_or_default() {
                values.outer.give(&mut EditorWidget::new("", None));
            }
            self.add_port(at, &input, name, &mut graph);
        }
        graph.nodes = self.nodes;
        graph
    }

    /// Gives a node its values from the group node. They become an object by names.
    fn give_values(&mut self, at: usize, catalogue: Catalogue, values: &mut GivenValues) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        values.given.clear();
        values.skipped = node.inputs.iter().filter_map(|input| input.widget.map(str::to_owned)).collect();
        if let Some(class) = catalogue(node.kind) {
            let own = Parts::of(class, &mut FileValues::of(node.values.as_deref(), class));
            let mut named: Map<String, Value> = own.widgets.into_iter().filter_map(|widget| Some((widget.name, widget.value?))).collect();
            if self.unknown.is_none() {
                drop(Parts::of(class, values));
                named.extend(std::mem::take(&mut values.given));
            }
            node.values = Some(Cow::Owned(Value::Object(named)));
        } else if node.kind == "PrimitiveNode"
            && let Some(&link) = self.linked.get(&(at, 0))
        {
            let mut widget = EditorWidget::new("value", list(node.values.as_deref()).first().cloned());
            values.outer.give(&mut widget);
            let controls = match self.links.get(link).map_or("COMBO", |link| link.kind) {
                "INT" | "FLOAT" => 1,
                "COMBO" => 2,
                _ => 0,
            };
            for _ in 0..controls {
                values.outer.give(&mut EditorWidget::new("", None));
            }
            node.values = Some(Cow::Owned(Value::Array(widget.value.into_iter().collect())));
        }
    }

    fn set_value(&mut self, at: usize, input: &str, value: Value) {
        if let Some(Cow::Owned(Value::Object(values))) = self.nodes.get_mut(at).and_then(|node| node.values.as_mut()) {
            values.insert(input.to_owned(), value);
        }
    }

    /// The inputs of a node that are not linked within the group are inputs of the group node.
    fn add_inputs(
        &mut self,
        at: usize,
        catalogue: Catalogue,
        names: &mut Names,
        converted: &mut Vec<(usize, String)>,
        graph: &mut EditorGraph,
    ) {
        let Some(node) = self.nodes.get(at) else { return };
        let is_converted = |name: &str| node.inputs.iter().any(|input| input.name == name && input.widget == Some(name));
        let is_linked = |name: &str| node.inputs.iter().any(|input| input.name == name && input.link.is_some());
        let mut widgets = Vec::new();
        let mut sockets = Vec::new();
        match (catalogue(node.kind), node.kind) {
            (Some(class), _) => {
                for input in &class.inputs {
                    match (is_widget(input), is_converted(&input.name)) {
                        (true, true) if !is_linked(&input.name) => converted.push((at, input.name.clone())),
                        (true, false) => widgets.push(input.name.clone()),
                        (false, _) if !is_linked(&input.name) => sockets.push(input.name.clone()),
                        _ => {}
                    }
                }
            }
            // A reroute at the border of the group; its input is named by its type.
            (None, "Reroute") if node.inputs.first().is_some_and(|input| input.link.is_none()) => sockets.push(String::new()),
            (None, "PrimitiveNode") => widgets.push("value".into()),
            (None, "Reroute" | "Note" | "MarkdownNote") => {}
            (None, _) => sockets.extend(node.inputs.iter().filter(|input| input.link.is_none()).map(|input| input.name.to_owned())),
        }
        for name in widgets {
            let outer = self.outer_name(at, &name, names);
            self.add_port(at, &name, outer, graph);
        }
        for name in sockets {
            let kind = if name.is_empty() { self.reroute_kind(at) } else { name.clone() };
            let outer = self.outer_name(at, &kind, names);
            let config = self.config(at, "input").and_then(|inputs| inputs.get(&name)?.get("visible"));
            if config != Some(&false.into()) {
                self.add_port(at, &name, outer, graph);
            }
        }
    }

    /// The name of an input on the group node.
    fn outer_name(&self, at: usize, input: &str, names: &mut Names) -> String {
        let Some(node) = self.nodes.get(at) else { return input.to_owned() };
        let config = self.config(at, "input").and_then(|inputs| text(inputs.get(input)?, "name"));
        let label = node.inputs.iter().find(|own| own.name == input).and_then(|own| own.label);
        names.take(config.or(label).unwrap_or(input), input, node)
    }

    /// What the author set for the inputs or outputs of a node.
    fn config(&self, at: usize, what: &str) -> Option<&'a Value> {
        self.stored.get("config")?.get(at.to_string())?.get(what)
    }

    fn reroute_kind(&self, at: usize) -> String {
        let next = self.linked.get(&(at, 0)).and_then(|link| self.links.get(*link));
        let kind = next.and_then(|link| Some(self.nodes.get(link.to)?.inputs.get(link.to_slot)?.kind.clone()));
        kind.unwrap_or_else(|| "*".into())
    }

    fn add_port(&mut self, at: usize, input: &str, name: String, graph: &mut EditorGraph) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        let id = format!("in-{at}.{input}");
        let port = graph.inputs.len();
        let Some(own) = node.inputs.iter_mut().find(|own| own.name == input) else {
            // It has a widget and no socket in the file. The group node has its value.
            graph.inputs.push(SubgraphPort { name, kind: "*".into(), links: Vec::new() });
            return;
        };
        own.link = Some(id.clone());
        graph.links.insert(id.clone(), StoredLink { from: SUBGRAPH_INPUTS.into(), from_slot: port, to: at.to_string() });
        let kind = own.kind.clone();
        // Values are given by name; only links go through the port.
        graph.inputs.push(SubgraphPort { name, kind, links: Vec::new() });
    }

    /// Outputs that are not linked within the group, or also outside.
    fn add_outputs(&self, at: usize, catalogue: Catalogue, graph: &mut EditorGraph) {
        let Some(node) = self.nodes.get(at) else { return };
        let kinds: Vec<String> = match catalogue(node.kind) {
            Some(class) => class.outputs.iter().map(|output| output.kind.clone()).collect(),
            None => node.outputs.clone(),
        };
        // A reroute between two nodes of the group has no outputs outside.
        let is_inside = node.kind == "Reroute" && node.inputs.first().is_some_and(|input| input.link.is_some());
        for (slot, kind) in kinds.into_iter().enumerate() {
            let config = self.config(at, "output").and_then(|outputs| outputs.get(slot.to_string())?.get("visible")?.as_bool());
            let is_hidden = self.linked.contains_key(&(at, slot)) && (is_inside || !self.external.contains(&(at, slot)));
            if config.unwrap_or(!is_hidden) {
                let id = format!("out-{at}.{slot}");
                graph.links.insert(id.clone(), StoredLink { from: at.to_string(), from_slot: slot, to: SUBGRAPH_OUTPUTS.into() });
                graph.outputs.push(SubgraphPort { name: kind.clone(), kind, links: vec![id] });
            }
        }
    }
}

/// A link within a group, between nodes by position.
struct GroupLink<'a> {
    from: usize,
    from_slot: usize,
    to: usize,
    to_slot: usize,
    /// The type of what it carries. A list of choices is "COMBO".
    kind: &'a str,
}

/// The values of the group node, for the widgets of one of its nodes.
struct GivenValues<'v> {
    outer: FileValues<'v>,
    /// Widgets that are sockets.
    skipped: HashSet<String>,
    /// The last widget was one of them.
    skips: bool,
    given: Map<String, Value>,
}

impl Values for GivenValues<'_> {
    fn give(&mut self, widget: &mut EditorWidget) {
        // What controls a widget goes with it.
        let is_control = !widget.sent && widget.name != "upload";
        self.skips = if is_control { self.skips } else { self.skipped.contains(&widget.name) };
        if !self.skips {
            self.outer.give(widget);
            if let Some(value) = widget.value.clone() {
                self.given.insert(widget.name.clone(), value);
            }
        }
    }
}

/// Names of inputs that are taken.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    fn take(&mut self, name: &str, input: &str, node: &FileNode) -> String {
        let mut key = name.to_owned();
        let mut name = key.clone();
        if node.kind == "PrimitiveNode" && node.title.is_some() || self.0.contains_key(&name) {
            let prefix = node.title.unwrap_or(node.kind);
            key = format!("{prefix} {input}");
            name.clone_from(&key);
            if let Some(count) = self.0.get(&name) {
                name = format!("{prefix} {count} {input}");
            }
        }
        *self.0.entry(key).or_insert(1) += 1;
        name
    }
}
