//! The file as it is stored: graphs of nodes and links. Members of an unexpected shape are skipped; a node that cannot be read is a problem.

use std::{borrow::Cow, collections::HashMap};

use serde_json::{Map, Value};

use super::outcome::NodeProblem;

/// The ends of links at the borders of a subgraph, in place of a node's id.
pub(super) const SUBGRAPH_INPUTS: &str = "-10";
pub(super) const SUBGRAPH_OUTPUTS: &str = "-20";

/// A file: the main graph first, then all subgraph definitions.
#[derive(Debug, Default)]
pub(super) struct FileGraphs<'a> {
    pub(super) graphs: Vec<EditorGraph<'a>>,
    /// Which graph a node of this type stands for.
    pub(super) definitions: HashMap<&'a str, usize>,
    /// Definitions of group nodes, which older versions of the editor had instead of subgraphs, by name.
    pub(super) groups: HashMap<&'a str, &'a Value>,
    /// Which graph a group node stands for, by its graph and position.
    pub(super) group_nodes: HashMap<(usize, usize), usize>,
    pub(super) problems: Vec<NodeProblem>,
}

#[derive(Debug, Default)]
pub(super) struct EditorGraph<'a> {
    /// The name of a subgraph; empty for the main graph.
    pub(super) name: &'a str,
    pub(super) nodes: Vec<FileNode<'a>>,
    pub(super) links: HashMap<String, StoredLink>,
    /// The inputs and outputs of a subgraph.
    pub(super) inputs: Vec<SubgraphPort>,
    pub(super) outputs: Vec<SubgraphPort>,
}

#[derive(Clone, Debug)]
pub(super) struct StoredLink {
    pub(super) from: String,
    pub(super) from_slot: usize,
    pub(super) to: String,
}

#[derive(Clone, Debug)]
pub(super) struct SubgraphPort {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) links: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct FileNode<'a> {
    pub(super) id: String,
    pub(super) kind: &'a str,
    pub(super) title: Option<&'a str>,
    pub(super) mode: Mode,
    pub(super) inputs: Vec<FileInput<'a>>,
    /// The types of the outputs.
    pub(super) outputs: Vec<String>,
    /// `widgets_values`: a list in the order of the node's widgets, or an object by their names.
    pub(super) values: Option<Cow<'a, Value>>,
    pub(super) properties: Option<&'a Map<String, Value>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Active,
    Muted,
    Bypassed,
}

#[derive(Clone, Debug)]
pub(super) struct FileInput<'a> {
    pub(super) name: &'a str,
    pub(super) kind: String,
    pub(super) link: Option<String>,
    /// The widget whose value a link replaces.
    pub(super) widget: Option<&'a str>,
    /// The author's name for it.
    pub(super) label: Option<&'a str>,
}

impl<'a> FileGraphs<'a> {
    pub(super) fn read(editor: &'a Value) -> Self {
        let mut file = Self::default();
        file.graphs.push(read_graph(editor, &mut file.problems));
        let mut unread = vec![editor];
        while let Some(graph) = unread.pop() {
            for definition in list(graph.get("definitions").and_then(|definitions| definitions.get("subgraphs"))) {
                unread.push(definition);
                let Some(id) = definition.get("id").and_then(Value::as_str) else { continue };
                if !file.definitions.contains_key(id) {
                    file.definitions.insert(id, file.graphs.len());
                    file.graphs.push(read_graph(definition, &mut file.problems));
                }
            }
        }
        let groups = editor.get("extra").and_then(|extra| extra.get("groupNodes")?.as_object());
        file.groups = groups.into_iter().flatten().map(|(name, group)| (name.as_str(), group)).collect();
        file
    }

    /// The graph that a node stands for, by its graph and position.
    pub(super) fn stands_for(&self, at: (usize, usize), node: &FileNode) -> Option<usize> {
        self.group_nodes.get(&at).or_else(|| self.definitions.get(node.kind)).copied()
    }
}

fn read_graph<'a>(graph: &'a Value, problems: &mut Vec<NodeProblem>) -> EditorGraph<'a> {
    let mut nodes: Vec<FileNode> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for value in list(graph.get("nodes")) {
        match read_node(value, None) {
            Some(node) => match known.get(&node.id) {
                Some(&at) => {
                    problems.push(NodeProblem::new(&node.id, node.title, node.kind, "Two nodes have this id; the second is used."));
                    nodes[at] = node;
                }
                None => {
                    known.insert(node.id.clone(), nodes.len());
                    nodes.push(node);
                }
            },
            None => {
                let id = value.get("id").and_then(id_of).unwrap_or_else(|| "?".into());
                problems.push(NodeProblem::new(&id, None, "", "This entry of the file has no id or no type."));
            }
        }
    }
    EditorGraph {
        name: text(graph, "name").unwrap_or_default(),
        nodes,
        links: list(graph.get("links")).iter().filter_map(read_link).collect(),
        inputs: list(graph.get("inputs")).iter().filter_map(read_port).collect(),
        outputs: list(graph.get("outputs")).iter().filter_map(read_port).collect(),
    }
}

/// `position`: the id of a node without one.
pub(super) fn read_node(node: &Value, position: Option<usize>) -> Option<FileNode<'_>> {
    Some(FileNode {
        id: position.map(|at| at.to_string()).or_else(|| id_of(node.get("id")?))?,
        kind: text(node, "type")?,
        title: text(node, "title").filter(|title| !title.is_empty()),
        mode: match node.get("mode").and_then(Value::as_i64) {
            Some(2) => Mode::Muted,
            Some(4) => Mode::Bypassed,
            _ => Mode::Active,
        },
        inputs: list(node.get("inputs")).iter().filter_map(read_input).collect(),
        outputs: list(node.get("outputs")).iter().map(|output| kind_of(output.get("type"))).collect(),
        values: node.get("widgets_values").filter(|values| values.is_array() || values.is_object()).map(Cow::Borrowed),
        properties: node.get("properties").and_then(Value::as_object),
    })
}

fn read_input(input: &Value) -> Option<FileInput<'_>> {
    let widget = input.get("widget").and_then(|widget| text(widget, "name"));
    let label = text(input, "label").filter(|label| !label.is_empty());
    Some(FileInput { name: text(input, "name")?, kind: kind_of(input.get("type")), link: input.get("link").and_then(id_of), widget, label })
}

fn read_port(port: &Value) -> Option<SubgraphPort> {
    let links = list(port.get("linkIds")).iter().filter_map(id_of).collect();
    Some(SubgraphPort { name: text(port, "name")?.to_owned(), kind: kind_of(port.get("type")), links })
}

/// `[id, from, slot, to, slot, type]`, or an object with these members.
fn read_link(link: &Value) -> Option<(String, StoredLink)> {
    let member = |at: usize, name: &str| link.get(at).or_else(|| link.get(name));
    let slot = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok()).and_then(|slot| usize::try_from(slot).ok());
    let made = StoredLink {
        from: id_of(member(1, "origin_id")?)?,
        from_slot: slot(member(2, "origin_slot")?)?,
        to: id_of(member(3, "target_id")?)?,
    };
    Some((id_of(member(0, "id")?)?, made))
}

/// Ids are numbers, and texts in some files.
pub(super) fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The type of a slot: a name, several in a list, or 0 for any.
fn kind_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        _ => "*".into(),
    }
}

pub(super) fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}
