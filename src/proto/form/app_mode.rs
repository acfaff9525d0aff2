//! ComfyUI's App mode: the inputs and outputs that an author chose, in `extra.linearData` of an editor workflow.
//!
//! `inputs` are `[widget, name, …]`, where the widget is the node's id or `GRAPH:NODE:NAME`, its parts percent-encoded; `outputs` are ids of nodes.
//! ComfyUI's page leaves out entries of nodes that are no longer there without a word; here they become notes.

use std::collections::HashSet;

use serde_json::Value;

use super::FieldKey;
use crate::{comfy::Workflow, ids::NodeId};

#[derive(Debug, Default)]
pub(super) struct AppMode {
    pub(super) inputs: Vec<FieldKey>,
    /// `None`: it chooses none, so all are wanted.
    pub(super) outputs: Option<HashSet<NodeId>>,
    pub(super) notes: Vec<String>,
}

impl AppMode {
    /// `editor`: the editor's file, or its `extra`.
    pub(super) fn of(workflow: &Workflow, editor: &Value) -> Self {
        let extra = editor.get("extra").unwrap_or(editor);
        let list = |name: &str| extra.get("linearData").and_then(|data| data.get(name)?.as_array()).map(Vec::as_slice).unwrap_or_default();
        let mut app = Self::default();
        for entry in list("inputs") {
            let (Some(widget), Some(name)) = (entry.get(0), entry.get(1).and_then(Value::as_str)) else { continue };
            let Some(id) = node_id(widget) else { continue };
            let node = find(workflow, &id);
            match node
                .filter(|node| workflow.0.get(node.as_str()).is_some_and(|node| node.input(name).is_some() && node.link(name).is_none()))
            {
                Some(node) => {
                    let key = FieldKey { node: node.clone(), input: name.to_owned() };
                    if !app.inputs.contains(&key) {
                        app.inputs.push(key);
                    }
                }
                None => app.notes.push(format!("The App mode shows \"{name}\" of node {id}, which is no value of this workflow.")),
            }
        }
        let mut outputs = HashSet::new();
        for entry in list("outputs") {
            let Some(id) = node_id(entry) else { continue };
            match find(workflow, &id) {
                Some(node) => drop(outputs.insert(node.clone())),
                None => app.notes.push(format!("The App mode shows the output of node {id}, which is not in this workflow.")),
            }
        }
        app.outputs = Some(outputs).filter(|outputs| !outputs.is_empty());
        app
    }
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
