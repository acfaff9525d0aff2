//! What a person changed of a form: kept beside the workflow, as JSON, and carried over to new versions of the workflow's file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Arrangement, FieldArrangement, FieldKey, SeedControl};
use crate::{comfy::Workflow, ids::NodeId};

/// The version of [`Overlay`] that this Darkroom writes.
pub const OVERLAY_VERSION: u32 = 1;

/// What a person changed of a form. Members that a newer version added are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    pub version: u32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldKey, FieldChange>,
    /// Fields in the order that they are shown in, before all others of their group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<FieldKey>,
    /// Each a list of fields that get the value of its first one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked: Vec<Vec<FieldKey>>,
    /// Nodes that are switched off.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub off: BTreeSet<NodeId>,
    /// The outputs that are wanted. `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<BTreeSet<NodeId>>,
    /// The nodes that this mentions, as they were, by which they are found in another version of the workflow.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<NodeId, NodeMark>,
    /// What no longer fits the workflow. It is tried with each new version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<Unmatched>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What was changed of one field; `None` is as the form has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<SeedControl>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How a node is found again: its class and its author's title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeMark {
    pub class: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Something of an overlay that fits no node of the workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unmatched {
    pub node: NodeId,
    /// `None`: it is about the node as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    #[serde(flatten)]
    pub mark: NodeMark,
    pub was: UnmatchedPart,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmatchedPart {
    Field(FieldChange),
    /// Its place in the order, from 0.
    Place(usize),
    /// It was linked with these.
    Linked(Vec<FieldKey>),
    Off,
    Output,
}

impl Default for Overlay {
    fn default() -> Self {
        Self {
            version: OVERLAY_VERSION,
            fields: BTreeMap::new(),
            order: Vec::new(),
            linked: Vec::new(),
            off: BTreeSet::new(),
            outputs: None,
            nodes: BTreeMap::new(),
            unmatched: Vec::new(),
            other: Map::new(),
        }
    }
}

impl Overlay {
    /// The changes of one field, to be changed.
    pub fn field(&mut self, key: &FieldKey) -> &mut FieldChange {
        self.fields.entry(key.clone()).or_default()
    }

    /// The part of it that a page changes.
    #[must_use]
    pub fn arrangement(&self) -> Arrangement {
        let of = |change: &FieldChange| FieldArrangement {
            pinned: change.pinned,
            hidden: change.hidden,
            label: change.label.clone(),
            group: change.group.clone(),
        };
        let fields = self.fields.iter().map(|(key, change)| (key.clone(), of(change)));
        Arrangement {
            fields: fields.filter(|(_, field)| *field != FieldArrangement::default()).collect(),
            order: self.order.clone(),
            linked: self.linked.clone(),
        }
    }

    /// Replaces that part.
    pub fn set_arrangement(&mut self, arrangement: Arrangement) {
        let Arrangement { mut fields, order, linked } = arrangement;
        (self.order, self.linked) = (order, linked);
        for key in self.fields.keys().chain(fields.keys()).cloned().collect::<BTreeSet<_>>() {
            let FieldArrangement { pinned, hidden, label, group } = fields.remove(&key).unwrap_or_default();
            let field = self.field(&key);
            (field.pinned, field.hidden, field.label, field.group) = (pinned, hidden, label, group);
        }
        self.fields.retain(|_, field| *field != FieldChange::default());
    }

    /// Notes how the nodes that this mentions are found again. To be called after a change.
    pub fn mark(&mut self, workflow: &Workflow) {
        let mentioned: BTreeSet<NodeId> = self.mentioned().cloned().collect();
        self.nodes.retain(|id, _| mentioned.contains(id));
        for id in mentioned {
            if let Some(node) = workflow.0.get(&id) {
                let mark = NodeMark { class: node.class_type().to_owned(), title: node.title().map(str::to_owned) };
                self.nodes.insert(id, mark);
            }
        }
    }

    fn mentioned(&self) -> impl Iterator<Item = &NodeId> {
        // The fields that an unmatched one was linked with.
        let others =
            self.unmatched.iter().filter_map(|part| if let UnmatchedPart::Linked(others) = &part.was { Some(others) } else { None });
        let keys = self.fields.keys().chain(&self.order).chain(self.linked.iter().flatten()).chain(others.flatten());
        keys.map(|key| &key.node).chain(&self.off).chain(self.outputs.iter().flatten())
    }

    /// The same for another version of the workflow. A field is found by its key, if the node has the same class and the input is there, else as
    /// the only one with the same class, title and input. What is not found is in [`Overlay::unmatched`].
    #[must_use]
    pub fn carry_to(&self, workflow: &Workflow) -> Self {
        let finder = Finder { workflow };
        let outputs = self.outputs.as_ref().map(|_| BTreeSet::new());
        let mut carried = Self { version: self.version, other: self.other.clone(), outputs, ..Self::default() };
        for keys in &self.linked {
            self.carry_linked(keys, &finder, &mut carried);
        }
        for mut part in self.parts().chain(self.unmatched.iter().cloned()) {
            if let UnmatchedPart::Linked(others) = &mut part.was {
                *others = others.iter().map(|other| self.find(other, &finder).unwrap_or_else(|| other.clone())).collect();
            }
            let accepted = finder.find(&part).is_some_and(|node| carried.accept(&part, node, &finder));
            if !accepted {
                carried.unmatched.push(part);
            }
        }
        carried.mark(workflow);
        carried
    }

    fn carry_linked(&self, keys: &[FieldKey], finder: &Finder, carried: &mut Self) {
        let found: Vec<Option<FieldKey>> = keys.iter().map(|key| self.find(key, finder)).collect();
        for (key, _) in keys.iter().zip(&found).filter(|(_, found)| found.is_none()) {
            let others =
                keys.iter().zip(&found).filter(|(other, _)| *other != key).map(|(other, found)| found.as_ref().unwrap_or(other).clone());
            carried.unmatched.push(self.part(&key.node, Some(&key.input), UnmatchedPart::Linked(others.collect())));
        }
        let mut list: Vec<FieldKey> = Vec::new();
        for key in found.into_iter().flatten() {
            if !list.contains(&key) {
                list.push(key);
            }
        }
        if list.len() > 1 {
            carried.linked.push(list);
        }
    }

    fn find(&self, key: &FieldKey, finder: &Finder) -> Option<FieldKey> {
        let node = finder.find(&self.part(&key.node, Some(&key.input), UnmatchedPart::Off))?;
        Some(FieldKey { node, input: key.input.clone() })
    }

    fn part(&self, node: &NodeId, input: Option<&String>, was: UnmatchedPart) -> Unmatched {
        Unmatched { node: node.clone(), input: input.cloned(), mark: self.nodes.get(node).cloned().unwrap_or_default(), was }
    }

    /// Everything in it but what is linked, one by one.
    fn parts(&self) -> impl Iterator<Item = Unmatched> {
        let fields = self.fields.iter().map(|(key, change)| self.part(&key.node, Some(&key.input), UnmatchedPart::Field(change.clone())));
        let places = self.order.iter().enumerate().map(|(at, key)| self.part(&key.node, Some(&key.input), UnmatchedPart::Place(at)));
        let off = self.off.iter().map(|node| self.part(node, None, UnmatchedPart::Off));
        let outputs = self.outputs.iter().flatten().map(|node| self.part(node, None, UnmatchedPart::Output));
        fields.chain(places).chain(off).chain(outputs)
    }

    /// Takes a part over to this node. False: another part has that place already, and both cannot be.
    fn accept(&mut self, part: &Unmatched, node: NodeId, finder: &Finder) -> bool {
        let key = FieldKey { node: node.clone(), input: part.input.clone().unwrap_or_default() };
        match &part.was {
            UnmatchedPart::Field(change) => {
                let is_new = !self.fields.contains_key(&key);
                if is_new {
                    self.fields.insert(key, change.clone());
                }
                is_new
            }
            UnmatchedPart::Place(at) => {
                let is_new = !self.order.contains(&key);
                if is_new {
                    self.order.insert((*at).min(self.order.len()), key);
                }
                is_new
            }
            UnmatchedPart::Linked(others) => {
                let list = self.linked.iter_mut().find(|keys| keys.contains(&key) || keys.iter().any(|known| others.contains(known)));
                let there: Vec<FieldKey> = others.iter().filter(|other| finder.has(other)).cloned().collect();
                match list {
                    Some(keys) => {
                        keys.extend((!keys.contains(&key)).then_some(key));
                        true
                    }
                    None if there.is_empty() => false,
                    None => {
                        self.linked.push(there.into_iter().chain([key]).collect());
                        true
                    }
                }
            }
            UnmatchedPart::Off => self.off.insert(node),
            UnmatchedPart::Output => self.outputs.get_or_insert_default().insert(node),
        }
    }
}

struct Finder<'a> {
    workflow: &'a Workflow,
}

impl Finder<'_> {
    fn has(&self, key: &FieldKey) -> bool {
        self.workflow.0.get(&key.node).is_some_and(|node| has_value(node, &key.input))
    }

    fn find(&self, part: &Unmatched) -> Option<NodeId> {
        let has_input = |node: &crate::comfy::WorkflowNode| part.input.as_deref().is_none_or(|input| has_value(node, input));
        if let Some((id, node)) = self.workflow.0.get_key_value(&part.node)
            && (part.mark.class.is_empty() || node.class_type() == part.mark.class)
            && has_input(node)
        {
            return Some(id.clone());
        }
        let mut same = self.workflow.0.iter().filter(|(_, node)| {
            !part.mark.class.is_empty()
                && node.class_type() == part.mark.class
                && node.title() == part.mark.title.as_deref()
                && has_input(node)
        });
        let (first, _) = same.next()?;
        same.next().is_none().then(|| first.clone())
    }
}

/// The node has a value there. An input of a dynamic choice may belong to an option that is not chosen.
fn has_value(node: &crate::comfy::WorkflowNode, input: &str) -> bool {
    let value = |name: &str| node.input(name).is_some_and(|value| !super::is_link(value));
    value(input) || node.input(input).is_none() && input.match_indices('.').any(|(at, _)| value(&input[..at]))
}

impl Unmatched {
    /// A sentence for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        let class = if self.mark.class.is_empty() { String::new() } else { format!(" ({})", self.mark.class) };
        let node = match &self.mark.title {
            Some(title) => format!("\"{title}\"{class}, node {}", self.node),
            None => format!("node {}{class}", self.node),
        };
        let place = match &self.input {
            Some(input) => format!("\"{input}\" of {node}"),
            None => node,
        };
        let was = match &self.was {
            UnmatchedPart::Field(change) => {
                let mut parts = Vec::new();
                parts.extend(change.pinned.map(|pinned| if pinned { "pinned" } else { "not pinned" }.to_owned()));
                parts.extend(change.hidden.map(|hidden| if hidden { "hidden" } else { "shown" }.to_owned()));
                parts.extend(change.label.as_ref().map(|label| format!("called \"{label}\"")));
                parts.extend(change.group.as_ref().map(|group| format!("in the group \"{group}\"")));
                parts.extend(change.seed.map(|seed| format!("set to {}", <&str>::from(seed))));
                if parts.is_empty() { "changed".to_owned() } else { parts.join(", ") }
            }
            UnmatchedPart::Place(at) => format!("number {} of the order", at + 1),
            UnmatchedPart::Linked(others) => {
                format!("linked with {}", others.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
            UnmatchedPart::Off => "switched off".to_owned(),
            UnmatchedPart::Output => "a wanted output".to_owned(),
        };
        format!("{place} was {was}, and is not in this version.")
    }
}
