//! A prompt as a file in the editor's format: what the editor would have saved, so that [`super::convert`] and ComfyUI's page make the same prompt of it.
//!
//! Nodes are placed by [`crate::graph::layout`]. What only exists in the editor (groups, notes, subgraphs, reroutes) is not in a prompt, and does not
//! come back. Values that no widget of a class has cannot be stored, and are named.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{
    file::FileInput,
    outcome::{Catalogue, NodeProblem},
    prompt_text::without_comments,
    same::rounded,
    values::named_by_inputs,
    widget::{ClassSocket, EditorWidget, Holds, Parts, Values},
};
use crate::{
    comfy::{NodeClass, Workflow, WorkflowNode},
    graph::{LayoutSize, layout},
    ids::NodeId,
};

/// A file in the editor's format.
#[derive(Clone, Debug, PartialEq)]
pub struct EditorText {
    pub file: Value,
    /// What could not be stored, node by node.
    pub problems: Vec<NodeProblem>,
}

/// Of a node without widgets, and of each row in it.
const WIDTH: u32 = 300;
const HEAD: u32 = 40;
const ROW: u32 = 24;
const TEXT_ROWS: u32 = 5;

/// What the editor writes beside a number that a run does not change.
const FIXED: &str = "fixed";

pub(super) fn write(workflow: &Workflow, catalogue: Catalogue) -> EditorText {
    let numbers = numbers(workflow);
    let mut links = Links::default();
    let mut problems = Vec::new();
    let mut nodes: Vec<WrittenNode> = workflow
        .0
        .iter()
        .map(|(id, node)| {
            let class = catalogue(node.class_type());
            let written = WrittenNode::of(node, class);
            problems.extend(written.lost.iter().map(|why| NodeProblem::new(id.as_str(), node.title(), node.class_type(), why.clone())));
            written
        })
        .collect();
    let places: HashMap<&str, usize> = workflow.0.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    for to in 0..nodes.len() {
        let wanted: Vec<(usize, String, u64)> = nodes[to].wanted();
        for (input, source, slot) in wanted {
            // A link to a node that is not part of the workflow leads nowhere.
            let Some(&from) = places.get(source.as_str()) else { continue };
            let kind = nodes[from].output_kind(slot);
            let link = links.add((numbers[from], slot), (numbers[to], input), &kind);
            nodes[from].leave(slot, link);
            nodes[to].enter(input, link, &kind);
        }
    }
    let sizes: Vec<LayoutSize> = nodes.iter().map(WrittenNode::size).collect();
    let ends: Vec<(usize, usize)> = nodes
        .iter()
        .enumerate()
        .flat_map(|(to, node)| node.sources.iter().filter_map(|source| Some((*places.get(source.as_str())?, to))).collect::<Vec<_>>())
        .collect();
    let corners = layout(&sizes, &ends);
    let order: HashMap<NodeId, usize> = workflow.order().into_iter().enumerate().map(|(at, id)| (id, at)).collect();
    let listed = workflow.0.keys().zip(nodes).enumerate().map(|(at, (id, node))| {
        let place = NodePlace { number: numbers[at], corner: corners[at], size: sizes[at], order: order.get(id).copied().unwrap_or(at) };
        node.json(place)
    });
    let file = json!({
        "last_node_id": numbers.iter().max().copied().unwrap_or_default(),
        "last_link_id": links.0.len(),
        "nodes": listed.collect::<Vec<_>>(),
        "links": links.0,
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    });
    let ids: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let known: HashSet<NodeId> = problems.iter().map(|problem: &NodeProblem| problem.node.clone()).collect();
    let others = changed(&file, workflow, &ids, catalogue).into_iter().filter(|problem| !known.contains(&problem.node));
    problems.extend(others);
    EditorText { file, problems }
}

/// The inputs that ComfyUI's page would send otherwise, such as a text with the name of a value (`%KSampler.seed%`), which it replaces.
fn changed(file: &Value, workflow: &Workflow, ids: &[String], catalogue: Catalogue) -> Vec<NodeProblem> {
    // A catalogue for as long as the file lives.
    let class: Catalogue<'_, '_> = &|class: &str| catalogue(class);
    let Ok(read) = super::build::convert(file, class) else { return Vec::new() };
    let of_file: HashMap<&str, &str> = workflow.0.keys().map(NodeId::as_str).zip(ids.iter().map(String::as_str)).collect();
    let mut problems = Vec::new();
    for (id, node) in &workflow.0 {
        let Some(again) = of_file.get(id.as_str()).and_then(|id| read.workflow.0.get(*id)) else { continue };
        let differs =
            |(name, value): &(&str, &Value)| !crate::form::is_link(value) && again.input(name).map(rounded) != Some(rounded(value));
        let names: Vec<&str> = node.inputs().filter(differs).map(|(name, _)| name).collect();
        if !names.is_empty() {
            let why = format!("ComfyUI's page sends another value as “{}”.", names.join("”, “"));
            problems.push(NodeProblem::new(id.as_str(), node.title(), node.class_type(), why));
        }
    }
    problems
}

/// The numbers of the nodes: their ids, where these are numbers; ids of nodes inside of subgraphs ("12:3") get the next free ones.
fn numbers(workflow: &Workflow) -> Vec<u32> {
    let own = |id: &NodeId| id.as_str().parse::<u32>().ok().filter(|number| number.to_string() == id.as_str());
    let mut taken: HashSet<u32> = workflow.0.keys().filter_map(own).collect();
    let mut next = 1;
    let number = |id: &NodeId| {
        own(id).unwrap_or_else(|| {
            while !taken.insert(next) {
                next += 1;
            }
            next
        })
    };
    workflow.0.keys().map(number).collect()
}

/// `[id, from, slot, to, slot, type]`.
#[derive(Default)]
struct Links(Vec<Value>);

impl Links {
    fn add(&mut self, from: (u32, u64), to: (u32, usize), kind: &str) -> usize {
        let id = self.0.len() + 1;
        self.0.push(json!([id, from.0, from.1, to.0, to.1, kind]));
        id
    }
}

struct NodePlace {
    number: u32,
    corner: (u32, u32),
    size: LayoutSize,
    order: usize,
}

struct WrittenNode<'a> {
    node: &'a WorkflowNode,
    class: Option<&'a NodeClass>,
    sockets: Vec<ClassSocket>,
    /// The link of each socket.
    links: Vec<Option<usize>>,
    widgets: usize,
    texts: usize,
    values: Value,
    /// Name and type of each output, and the links that leave it.
    outputs: Vec<(String, String, Vec<usize>)>,
    /// The nodes that it is linked to.
    sources: Vec<String>,
    /// Why something of it could not be stored.
    lost: Vec<String>,
}

impl<'a> WrittenNode<'a> {
    fn of(node: &'a WorkflowNode, class: Option<&'a NodeClass>) -> Self {
        let mut written = Self {
            node,
            class,
            sockets: Vec::new(),
            links: Vec::new(),
            widgets: 0,
            texts: 0,
            values: json!([]),
            outputs: Vec::new(),
            sources: node.links().map(|(_, source, _)| source.to_owned()).collect(),
            lost: Vec::new(),
        };
        match class {
            Some(class) => written.as_class(class),
            None => written.as_unknown(),
        }
        // Inputs that the class does not name: of a group that grows, or of another version of the class.
        let known: HashSet<String> = written.sockets.iter().map(|socket| socket.name.clone()).collect();
        let more = node.links().filter(|(name, _, _)| !known.contains(*name));
        written.sockets.extend(more.map(|(name, _, _)| ClassSocket { name: name.to_owned(), kind: "*".into(), has_widget: false }));
        written.links = vec![None; written.sockets.len()];
        written
    }

    fn as_class(&mut self, class: &NodeClass) {
        let mut given = PromptValues { node: self.node, list: Vec::new(), lost: Vec::new() };
        let Parts { widgets, sockets } = Parts::of(class, &mut given);
        self.sockets = sockets;
        self.widgets = given.list.len();
        self.texts = widgets.iter().filter(|widget| matches!(widget.holds, Holds::Text { .. })).count();
        self.lost = given.lost;
        let values = given.list;
        let named: HashSet<&str> = widgets.iter().map(|widget| widget.name.as_str()).collect();
        let others: Vec<(&str, &Value)> =
            self.node.inputs().filter(|(name, value)| !named.contains(name) && !crate::form::is_link(value)).collect();
        self.outputs = class.outputs.iter().map(|output| (output.name.clone(), output.kind.clone(), Vec::new())).collect();
        let (own, of_script): (Vec<_>, Vec<_>) = others.into_iter().partition(|(name, _)| class.input(name).is_some());
        self.lost.extend(own.iter().map(|(name, _)| format!("Its input “{name}” has a value, and the editor only has a link there.")));
        self.values = if of_script.is_empty() {
            values.into_iter().map(|(_, value)| value).collect()
        } else {
            // The script of a custom node added these widgets, and stores its values by name.
            let all = values.into_iter().chain(of_script.into_iter().map(|(name, value)| (name.to_owned(), value.clone())));
            Value::Object(all.collect())
        };
    }

    /// Newer editors list all inputs that have a widget, in the order of the values.
    fn as_unknown(&mut self) {
        let values: Vec<(&str, &Value)> = self.node.inputs().filter(|(_, value)| !crate::form::is_link(value)).collect();
        let socket =
            |(name, value): &(&str, &Value)| ClassSocket { name: (*name).to_owned(), kind: kind_of(value).into(), has_widget: true };
        self.sockets = values.iter().map(socket).collect();
        self.widgets = values.len();
        let list: Value = values.iter().map(|(_, value)| (*value).clone()).collect();
        let inputs: Vec<FileInput> = values
            .iter()
            .map(|(name, value)| FileInput { name, kind: kind_of(value).into(), link: None, widget: Some(name), label: None })
            .collect();
        // A text such as "fixed" behind a number would be taken for what the editor writes beside seeds.
        let read = named_by_inputs(Some(&list), &inputs).unwrap_or_default();
        let is_clear =
            read.len() == values.len() && read.iter().zip(&values).all(|(widget, (_, value))| widget.value.as_ref() == Some(*value));
        self.values = if is_clear {
            list
        } else {
            Value::Object(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())).collect())
        };
    }

    /// The links of the workflow: socket, source and slot.
    fn wanted(&self) -> Vec<(usize, String, u64)> {
        let socket = |name: &str| self.sockets.iter().position(|socket| socket.name == name);
        self.node.links().filter_map(|(name, source, slot)| Some((socket(name)?, source.to_owned(), slot))).collect()
    }

    fn output_kind(&self, slot: u64) -> String {
        usize::try_from(slot).ok().and_then(|slot| self.outputs.get(slot)).map_or("*", |(_, kind, _)| kind.as_str()).to_owned()
    }

    fn leave(&mut self, slot: u64, link: usize) {
        /// A prompt may name any slot of a class that is not known.
        const MOST: usize = 1_000;
        let Some(slot) = usize::try_from(slot).ok().filter(|slot| *slot < MOST) else { return };
        while self.outputs.len() <= slot {
            self.outputs.push((format!("output {}", self.outputs.len()), "*".into(), Vec::new()));
        }
        if let Some((_, _, links)) = self.outputs.get_mut(slot) {
            links.push(link);
        }
    }

    fn enter(&mut self, input: usize, link: usize, kind: &str) {
        if let Some(place) = self.links.get_mut(input) {
            *place = Some(link);
        }
        if let Some(socket) = self.sockets.get_mut(input).filter(|socket| socket.kind == "*") {
            socket.kind = kind.to_owned();
        }
    }

    fn size(&self) -> LayoutSize {
        let rows = |count: usize| u32::try_from(count).unwrap_or(u32::MAX / ROW / 2);
        let plain = self.sockets.iter().filter(|socket| !socket.has_widget).count();
        let texts = rows(self.texts).saturating_mul(TEXT_ROWS);
        LayoutSize { width: WIDTH, height: HEAD + ROW * (rows(plain.max(self.outputs.len())) + rows(self.widgets) + texts) }
    }

    fn json(self, place: NodePlace) -> Value {
        let kind = self.node.class_type();
        let socket = |(socket, link): (ClassSocket, Option<usize>)| {
            let mut json = json!({"name": socket.name, "type": socket.kind, "link": link});
            if socket.has_widget {
                json["widget"] = json!({"name": socket.name});
            }
            json
        };
        let output = |(name, kind, links): (String, String, Vec<usize>)| json!({"name": name, "type": kind, "links": links});
        let mut json = json!({
            "id": place.number,
            "type": kind,
            "pos": [place.corner.0, place.corner.1],
            "size": [place.size.width, place.size.height],
            "flags": {},
            "order": place.order,
            "mode": 0,
            "inputs": self.sockets.into_iter().zip(self.links).map(socket).collect::<Vec<_>>(),
            "outputs": self.outputs.into_iter().map(output).collect::<Vec<_>>(),
            "properties": {"Node name for S&R": kind},
            "widgets_values": self.values,
        });
        // Without one the editor shows the name of the class.
        let own = self.node.title().filter(|title| self.class.is_none_or(|class| class.display_name != *title));
        if let Some(title) = own {
            json["title"] = title.into();
        }
        json
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "BOOLEAN",
        Value::Number(number) if number.is_f64() => "FLOAT",
        Value::Number(_) => "INT",
        Value::String(_) => "STRING",
        _ => "*",
    }
}

/// Gives widgets the values of a prompt, and lists them as a file does.
struct PromptValues<'a> {
    node: &'a WorkflowNode,
    list: Vec<(String, Value)>,
    lost: Vec<String>,
}

impl Values for PromptValues<'_> {
    fn give(&mut self, widget: &mut EditorWidget) {
        let stored = if widget.sent { self.of_prompt(widget) } else { of_editor(widget) };
        self.list.push((widget.name.clone(), stored));
    }
}

impl PromptValues<'_> {
    /// The value of the prompt, and as it is stored. Where the prompt has a link or nothing, the default of the class.
    fn of_prompt(&mut self, widget: &mut EditorWidget) -> Value {
        let given = self.node.input(&widget.name).filter(|value| !crate::form::is_link(value));
        let Some(given) = given.map(plain) else { return widget.value.clone().unwrap_or_default() };
        widget.value = Some(given.clone());
        match (given.as_str(), widget.holds) {
            (Some(text), Holds::Text { dynamic_prompts: true } | Holds::Line { dynamic_prompts: true }) => {
                let stored = as_written(text);
                if without_comments(&stored).is_some_and(|read| read != text) {
                    self.lost.push(format!("“{}” has // or /*: ComfyUI's page takes what follows for a comment.", widget.name));
                }
                stored.into()
            }
            _ => given,
        }
    }
}

/// What only the editor has: buttons, and what happens to a seed after a run.
fn of_editor(widget: &EditorWidget) -> Value {
    if widget.name == "control_after_generate" { FIXED.into() } else { widget.value.clone().unwrap_or_default() }
}

/// Lists are wrapped in prompts, where they would be read as links.
fn plain(value: &Value) -> Value {
    value.get("__value__").filter(|_| value.as_object().is_some_and(|members| members.len() == 1)).unwrap_or(value).clone()
}

/// The text that ComfyUI's page sends as `text`: with `\{` for `{` where it would choose or remove something. A choice `{a|b}` becomes one that is not
/// made: the prompt of the task has it as it is.
fn as_written(text: &str) -> String {
    if without_comments(text).as_deref() == Some(text) {
        return text.to_owned();
    }
    let escaped = text.replace('{', "\\{").replace('}', "\\}").replace('|', "\\|");
    if without_comments(&escaped).as_deref() == Some(text) { escaped } else { text.to_owned() }
}

/// The ids of the nodes in a file, in the order of the workflow that it was written from.
#[cfg(test)]
pub(super) fn written_ids(file: &Value) -> Vec<String> {
    super::file::list(file.get("nodes")).iter().filter_map(|node| super::file::id_of(node.get("id")?)).collect()
}
