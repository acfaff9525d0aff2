//! ComfyUI's App mode: the inputs and outputs that an author chose, in `extra.linearData` of an editor workflow.
//!
//! `inputs` are `[widget, name, …]`, where the widget is the node's id or `GRAPH:NODE:NAME`, its parts percent-encoded; `outputs` are ids of nodes.
//! ComfyUI's page leaves out entries of nodes that are no longer there without a word; here they become notes.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::{Arrangement, FieldArrangement, FieldKey, Form};
use crate::{comfy::Workflow, ids::NodeId};

/// The heading of the chosen inputs: they keep their order, whichever nodes they belong to.
const HEADING: &str = "Inputs";

/// What the author of a workflow chose, as it is in Darkroom.
#[derive(Debug, Default, PartialEq)]
pub struct AppMode {
    /// The chosen inputs first, in their order; all others folded away.
    pub arrangement: Arrangement,
    /// The output nodes that are not chosen.
    pub unwanted: Vec<NodeId>,
    /// Entries that fit nothing in the workflow, for people.
    pub notes: Vec<String>,
}

impl AppMode {
    /// `linear_data`: that of the editor's file. `form`: that of the workflow, as Darkroom makes it.
    #[must_use]
    pub fn of(workflow: &Workflow, form: &Form, linear_data: &Value) -> Self {
        let list = |name: &str| linear_data.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut app = Self::default();
        let inputs = app.inputs(workflow, list("inputs"));
        if !inputs.is_empty() {
            app.arrangement = arrangement(form, inputs);
        }
        let chosen = app.outputs(workflow, list("outputs"));
        let unwanted = form.outputs.iter().map(|output| &output.node).filter(|node| !chosen.contains(*node));
        let unwanted: Vec<NodeId> = unwanted.cloned().collect();
        if unwanted.len() < form.outputs.len() {
            app.unwanted = unwanted;
        }
        app
    }

    fn inputs(&mut self, workflow: &Workflow, entries: &[Value]) -> Vec<FieldKey> {
        let mut inputs = Vec::new();
        for entry in entries {
            let (Some(widget), Some(name)) = (entry.get(0), entry.get(1).and_then(Value::as_str)) else { continue };
            let Some(id) = node_id(widget) else { continue };
            let has_value =
                |node: &&NodeId| workflow.0.get(node.as_str()).is_some_and(|node| node.input(name).is_some() && node.link(name).is_none());
            match find(workflow, &id).filter(has_value) {
                Some(node) => {
                    let key = FieldKey { node: node.clone(), input: name.to_owned() };
                    if !inputs.contains(&key) {
                        inputs.push(key);
                    }
                }
                None => self.notes.push(format!("The App mode shows \"{name}\" of node {id}, which is no value of this workflow.")),
            }
        }
        inputs
    }

    fn outputs(&mut self, workflow: &Workflow, entries: &[Value]) -> HashSet<NodeId> {
        let mut chosen = HashSet::new();
        for id in entries.iter().filter_map(node_id) {
            match find(workflow, &id) {
                Some(node) => drop(chosen.insert(node.clone())),
                None => self.notes.push(format!("The App mode shows the output of node {id}, which is not in this workflow.")),
            }
        }
        chosen
    }
}

fn arrangement(form: &Form, inputs: Vec<FieldKey>) -> Arrangement {
    let mut fields: BTreeMap<FieldKey, FieldArrangement> = BTreeMap::new();
    for field in form.fields.iter().filter(|field| field.pinned && !inputs.contains(&field.key)) {
        fields.entry(field.key.clone()).or_default().pinned = Some(false);
    }
    for key in &inputs {
        let field = fields.entry(key.clone()).or_default();
        (field.pinned, field.group) = (Some(true), Some(HEADING.to_owned()));
        field.hidden = form.field(key).filter(|field| field.hidden).map(|_| false);
    }
    Arrangement { fields, order: inputs, linked: Vec::new() }
}

fn node_id(widget: &Value) -> Option<String> {
    match widget {
        Value::Number(id) => Some(id.to_string()),
        Value::String(id) => {
            let mut parts = id.rsplit(':');
            Some(match (parts.next(), parts.next(), parts.next()) {
                (Some(_name), Some(node), Some(_graph)) => decoded(node),
                _ => id.clone(),
            })
        }
        _ => None,
    }
}

/// The node of this id. Within a subgraph the editor's id is the last part of that in the API format: 5 of `12:5`, if no other ends so.
fn find<'a>(workflow: &'a Workflow, id: &str) -> Option<&'a NodeId> {
    if let Some((exact, _)) = workflow.0.get_key_value(id) {
        return Some(exact);
    }
    let mut inner = workflow.0.keys().filter(|key| key.as_str().rsplit_once(':').is_some_and(|(_, last)| last == id));
    let first = inner.next()?;
    inner.next().is_none().then_some(first)
}

/// Percent-encoding removed; what is none stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = (*byte == b'%').then(|| text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok())).flatten();
        out.push(escaped.unwrap_or(*byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
