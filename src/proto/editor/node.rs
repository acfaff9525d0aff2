//! A node as ComfyUI's page sets it up from the file and its class.

use std::collections::{HashMap, HashSet};

use super::{
    file::{EditorGraph, FileGraphs, FileNode},
    outcome::{Catalogue, Findings, NodeProblem},
    values::{FileValues, named_by_inputs},
    widget::{EditorWidget, Parts},
};
use crate::comfy::NodeClass;

/// What becomes of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NodeRole {
    /// It is part of the prompt.
    Runs,
    /// It passes its first input on.
    Reroute,
    /// Its value goes into the widgets that it is linked to.
    Primitive,
    /// It stands for a graph of the file.
    Subgraph(usize),
    /// It names its input (KJNodes).
    Setter(String),
    /// It passes on what has this name.
    Getter(String),
    /// A text for people.
    Note,
    /// A button or switch of the editor.
    EditorOnly,
}

#[derive(Debug)]
pub(super) struct EditorNode<'a> {
    pub(super) file: &'a FileNode<'a>,
    /// `class_type`, with the names that the page corrects; the name of a subgraph.
    pub(super) kind: &'a str,
    pub(super) class: Option<&'a NodeClass>,
    pub(super) role: NodeRole,
    pub(super) inputs: Vec<Socket>,
    /// The types of the outputs.
    pub(super) outputs: Vec<String>,
    pub(super) widgets: Vec<EditorWidget>,
    /// It has values that could not be named, because its class is unknown.
    pub(super) has_unnamed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) link: Option<String>,
    /// The widget whose value a link replaces.
    pub(super) widget: Option<String>,
}

/// The nodes of each graph, in the order of the file.
pub(super) type Nodes<'a> = HashMap<usize, Vec<EditorNode<'a>>>;

/// Nodes of custom packs that exist in the editor only.
const EDITOR_ONLY: [&str; 10] = [
    "Label (rgthree)",
    "Bookmark (rgthree)",
    "Fast Muter (rgthree)",
    "Fast Bypasser (rgthree)",
    "Fast Groups Muter (rgthree)",
    "Fast Groups Bypasser (rgthree)",
    "Fast Actions Button (rgthree)",
    "Mute / Bypass Relay (rgthree)",
    "Mute / Bypass Repeater (rgthree)",
    "Random Unmuter (rgthree)",
];

impl<'a> EditorNode<'a> {
    pub(super) fn set_up<'c: 'a>(
        at: (usize, usize),
        node: &'a FileNode<'a>,
        file: &'a FileGraphs<'a>,
        catalogue: Catalogue<'_, 'c>,
        shown: &HashMap<usize, Vec<Option<EditorWidget>>>,
        findings: &mut Findings,
    ) -> Self {
        let kind = corrected(node.kind);
        let role = role_of(at, kind, node, file, catalogue);
        let class = if role == NodeRole::Runs { catalogue(kind) } else { None };
        let mut made =
            Self { file: node, kind, class, role, inputs: Vec::new(), outputs: Vec::new(), widgets: Vec::new(), has_unnamed: false };
        match (&made.role, class) {
            (NodeRole::Subgraph(graph), _) => {
                let shown = shown.get(graph).map(Vec::as_slice).unwrap_or_default();
                if let Some(definition) = file.graphs.get(*graph) {
                    made.as_subgraph(definition, shown);
                }
            }
            (NodeRole::Runs, Some(class)) => made.as_class(class, findings),
            _ => made.as_stored(),
        }
        made
    }

    /// The title for people: the author's, else that of the class.
    pub(super) fn title(&self) -> &'a str {
        self.file.title.or_else(|| self.class.map(|class| class.display_name.as_str())).unwrap_or(self.kind)
    }

    pub(super) fn problem(&self, id: &str, why: impl Into<String>) -> NodeProblem {
        NodeProblem::new(id, self.file.title.or_else(|| self.class.map(|class| class.display_name.as_str())), self.kind, why)
    }

    pub(super) fn widget(&self, name: &str) -> Option<&EditorWidget> {
        self.widgets.iter().find(|widget| widget.name == name)
    }

    pub(super) fn widget_mut(&mut self, name: &str) -> Option<&mut EditorWidget> {
        self.widgets.iter_mut().find(|widget| widget.name == name)
    }

    /// The names and types of inputs are those of the class, their links those of the file.
    fn as_class(&mut self, class: &'a NodeClass, findings: &mut Findings) {
        let mut values = FileValues::of(self.file.values.as_deref(), class);
        let Parts { widgets, sockets } = Parts::of(class, &mut values);
        self.widgets = widgets;
        if let FileValues::Named(named) = values {
            // Scripts of custom nodes add widgets that the class does not name.
            let known: HashSet<&str> = self.widgets.iter().map(|widget| widget.name.as_str()).collect();
            let known_too = |name: &str| sockets.iter().any(|socket| socket.name == name);
            let more = named.iter().filter(|(name, _)| !known.contains(name.as_str()) && !known_too(name));
            let more: Vec<EditorWidget> = more.map(|(name, value)| EditorWidget::new(name, Some(value.clone()))).collect();
            self.widgets.extend(more);
        }
        let stored: HashMap<&str, _> = self.file.inputs.iter().map(|input| (input.name, input)).collect();
        let defined: HashSet<&str> = sockets.iter().map(|socket| socket.name.as_str()).collect();
        let mut extra = Vec::new();
        for input in self.file.inputs.iter().filter(|input| !defined.contains(input.name)) {
            let is_of_other_option = input.name.split_once('.').is_some_and(|(outer, _)| self.widget(outer).is_some());
            let lacks_widget = input.widget.is_some_and(|name| self.widget(name).is_none());
            if !is_of_other_option && !lacks_widget {
                extra.push(Socket {
                    name: input.name.into(),
                    kind: input.kind.clone(),
                    link: input.link.clone(),
                    widget: input.widget.map(str::to_owned),
                });
            } else if input.link.is_some() {
                findings.note(format!(
                    "Node {} ({}): its input “{}” does not exist in this version of the node, so the link to it was left out.",
                    self.file.id, self.kind, input.name
                ));
            }
        }
        let with_link = |socket: super::widget::ClassSocket| Socket {
            link: stored.get(socket.name.as_str()).and_then(|input| input.link.clone()),
            widget: socket.has_widget.then(|| socket.name.clone()),
            name: socket.name,
            kind: socket.kind,
        };
        self.inputs = sockets.iter().cloned().map(with_link).chain(extra).collect();
        let count = class.outputs.len().max(self.file.outputs.len());
        let output = |at: usize| {
            let own =
                class.outputs.get(at).map(|output| if output.kind == "COMFY_MATCHTYPE_V3" { "*".to_owned() } else { output.kind.clone() });
            own.or_else(|| self.file.outputs.get(at).cloned()).unwrap_or_else(|| "*".into())
        };
        self.outputs = (0..count).map(output).collect();
    }

    /// Everything as the file has it.
    fn as_stored(&mut self) {
        let file = self.file;
        let socket = |input: &super::file::FileInput| Socket {
            name: input.name.into(),
            kind: input.kind.clone(),
            link: input.link.clone(),
            widget: input.widget.map(str::to_owned),
        };
        self.inputs = file.inputs.iter().map(socket).collect();
        self.outputs = file.outputs.clone();
        if self.role == NodeRole::Runs {
            let named = named_by_inputs(file.values.as_deref(), &file.inputs);
            self.has_unnamed = named.is_none();
            self.widgets = named.unwrap_or_default();
        }
    }

    /// The inputs and outputs are those of the definition. An input that ends at a widget has that widget, too, with a value of its own.
    fn as_subgraph(&mut self, definition: &EditorGraph<'a>, shown: &[Option<EditorWidget>]) {
        self.kind = definition.name;
        let links: HashMap<&str, _> = self.file.inputs.iter().map(|input| (input.name, &input.link)).collect();
        for (at, port) in definition.inputs.iter().enumerate() {
            let link = links.get(port.name.as_str()).and_then(|link| (*link).clone());
            let inner = shown.get(at).and_then(Option::as_ref);
            let widget = inner.map(|_| port.name.clone());
            self.inputs.push(Socket { name: port.name.clone(), kind: port.kind.clone(), link, widget });
            self.widgets.extend(inner.map(|inner| EditorWidget { name: port.name.clone(), ..inner.clone() }));
        }
        self.outputs = definition.outputs.iter().map(|port| port.kind.clone()).collect();
        super::promoted::set_values(&mut self.widgets, self.file);
    }
}

fn role_of(at: (usize, usize), kind: &str, node: &FileNode, file: &FileGraphs, catalogue: Catalogue) -> NodeRole {
    if let Some(graph) = file.stands_for(at, node) {
        return NodeRole::Subgraph(graph);
    }
    match kind {
        "Note" | "MarkdownNote" => return NodeRole::Note,
        "Reroute" => return NodeRole::Reroute,
        "PrimitiveNode" => return NodeRole::Primitive,
        _ => {}
    }
    if catalogue(kind).is_some() {
        return NodeRole::Runs;
    }
    let name = || super::file::list(node.values.as_deref()).first().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    match kind {
        "Reroute (rgthree)" => NodeRole::Reroute,
        "SetNode" => NodeRole::Setter(name()),
        "GetNode" => NodeRole::Getter(name()),
        _ if EDITOR_ONLY.contains(&kind) => NodeRole::EditorOnly,
        _ => NodeRole::Runs,
    }
}

/// Classes that were renamed; the page does the same.
fn corrected(kind: &str) -> &str {
    match kind {
        "T2IAdapterLoader" => "ControlNetLoader",
        "ConditioningAverage " => "ConditioningAverage",
        "SDV_img2vid_Conditioning" => "SVD_img2vid_Conditioning",
        "Load3DAnimation" => "Load3D",
        "Preview3DAnimation" => "Preview3D",
        other => other,
    }
}
