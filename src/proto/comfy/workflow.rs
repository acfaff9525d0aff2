//! A workflow in API format, `{id: {class_type, inputs, _meta?}}`. Parsed once, and sent to ComfyUI unchanged.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ids::NodeId, limits};

/// Nodes in the order of the file. Unknown fields are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Workflow(pub IndexMap<NodeId, WorkflowNode>);

/// The submitted JSON object, which has a `class_type`. Kept as JSON, so that ComfyUI gets exactly what was submitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct WorkflowNode(Map<String, Value>);

impl TryFrom<Map<String, Value>> for WorkflowNode {
    type Error = &'static str;

    fn try_from(node: Map<String, Value>) -> Result<Self, Self::Error> {
        let has_class = node.get("class_type").is_some_and(Value::is_string);
        let has_inputs = node.get("inputs").is_none_or(Value::is_object);
        if has_class && has_inputs { Ok(Self(node)) } else { Err("a node has no class_type") }
    }
}

impl From<WorkflowNode> for Map<String, Value> {
    fn from(node: WorkflowNode) -> Self {
        node.0
    }
}

/// Why a file is not a usable workflow. The messages are shown to the person who chose the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkflowError {
    #[error("This file is not JSON. In ComfyUI, use Workflow → Export (API) and choose that file.")]
    NotJson,
    #[error(
        "This is a workflow in the editor's format, which Darkroom converts while it is connected. Choose it again then; or, in ComfyUI, use Workflow → Export (API)."
    )]
    EditorFormat,
    #[error("This JSON is not a workflow: {0}. An API workflow maps node ids to {{class_type, inputs}}.")]
    NotAWorkflow(String),
    #[error("This workflow has no nodes.")]
    Empty,
    #[error("This workflow is too large: {0}.")]
    TooLarge(String),
}

impl Workflow {
    /// Parses a plain file, or the body of a `POST /prompt`, `{"prompt": {…}}`. For other files see `workflow_file`.
    ///
    /// # Errors
    /// See [`WorkflowError`]; each names the remedy.
    pub fn parse(text: &str) -> Result<Self, WorkflowError> {
        if text.len() > limits::WORKFLOW {
            return Err(WorkflowError::TooLarge(format!("{} MB, at most {} MB", text.len() >> 20, limits::WORKFLOW >> 20)));
        }
        let text = text.trim_start_matches('\u{feff}');
        let value: Value = serde_json::from_str(text).map_err(|_| WorkflowError::NotJson)?;
        Self::from_value(value)
    }

    /// # Errors
    /// As [`Workflow::parse`].
    pub fn from_value(value: Value) -> Result<Self, WorkflowError> {
        let Value::Object(mut object) = value else {
            return Err(WorkflowError::NotAWorkflow("it is not an object".into()));
        };
        if object.get("nodes").is_some_and(Value::is_array) {
            return Err(WorkflowError::EditorFormat);
        }
        if let Some(Value::Object(_)) = object.get("prompt")
            && object.get("class_type").is_none()
            && let Some(Value::Object(inner)) = object.remove("prompt")
        {
            object = inner;
        }
        if object.is_empty() {
            return Err(WorkflowError::Empty);
        }
        if object.len() > limits::WORKFLOW_NODES {
            return Err(WorkflowError::TooLarge(format!("{} nodes, at most {}", object.len(), limits::WORKFLOW_NODES)));
        }
        let node = |(id, value): (String, Value)| match value {
            Value::Object(node) => WorkflowNode::try_from(node).ok().map(|node| (NodeId(id.clone()), node)).ok_or(id),
            _ => Err(id),
        };
        let wrong = |id| WorkflowError::NotAWorkflow(format!("node \"{id}\" has no class_type"));
        object.into_iter().map(node).collect::<Result<_, _>>().map(Self).map_err(wrong)
    }

    /// Gives every seed another value: each input named `seed` or `noise_seed` that is a number, not a link. Seeds that are equal stay equal: a form may
    /// have linked them.
    pub fn set_seeds(&mut self, mut seed: impl FnMut() -> u64) {
        let mut news = HashMap::new();
        for node in self.0.values_mut() {
            for name in ["seed", "noise_seed"] {
                let Some(old) = node.input(name).filter(|value| value.is_number()).map(ToString::to_string) else { continue };
                let new = *news.entry(old).or_insert_with(&mut seed);
                node.set_input(name, new.into());
            }
        }
    }

    /// The node ids, each after the nodes it depends on (in a cycle, as far as possible). Approximates the order of execution.
    #[must_use]
    pub fn order(&self) -> Vec<NodeId> {
        let mut placed = std::collections::HashSet::new();
        let mut order = Vec::with_capacity(self.0.len());
        for id in self.0.keys() {
            // Depth first without recursion: a chain of thousands of nodes must not exhaust the stack.
            let mut stack = vec![(id, false)];
            while let Some((id, inputs_placed)) = stack.pop() {
                if inputs_placed {
                    order.push(id.clone());
                } else if placed.insert(id)
                    && let Some(node) = self.0.get(id)
                {
                    stack.push((id, true));
                    let needed: Vec<_> = node.links().filter_map(|(_, link, _)| self.0.get_key_value(link)).collect();
                    stack.extend(needed.into_iter().rev().map(|(id, _)| (id, false)));
                }
            }
        }
        order
    }
}

impl WorkflowNode {
    /// A node of this class without inputs.
    #[must_use]
    pub fn of_class(class_type: &str) -> Self {
        let mut node = Self(Map::new());
        node.set_class_type(class_type);
        node
    }

    /// Makes it a node of another class, with the same inputs.
    pub fn set_class_type(&mut self, class_type: &str) {
        self.0.insert("class_type".to_owned(), class_type.into());
    }

    #[must_use]
    pub fn class_type(&self) -> &str {
        self.0.get("class_type").and_then(Value::as_str).unwrap_or_default()
    }

    #[must_use]
    pub fn input(&self, name: &str) -> Option<&Value> {
        self.0.get("inputs")?.get(name)
    }

    /// Sets the value of an input.
    pub fn set_input(&mut self, name: &str, value: Value) {
        let inputs = self.0.entry("inputs").or_insert_with(|| Value::Object(Map::new()));
        // Always an object: checked when the node was read.
        if let Value::Object(inputs) = inputs {
            inputs.insert(name.to_owned(), value);
        }
    }

    /// Removes an input, a value or a link.
    pub fn remove_input(&mut self, name: &str) {
        if let Some(Value::Object(inputs)) = self.0.get_mut("inputs") {
            inputs.shift_remove(name);
        }
    }

    /// The title given by the author (`_meta.title`).
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.0.get("_meta")?.get("title")?.as_str().filter(|title| !title.is_empty())
    }

    /// The inputs by name, both values and links.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, &Value)> {
        let inputs = self.0.get("inputs").and_then(Value::as_object).into_iter().flatten();
        inputs.map(|(name, value)| (name.as_str(), value))
    }

    /// The node that this input is linked to.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&str> {
        self.input(name).and_then(link).map(|(id, _)| id)
    }

    /// The links: name of the input, source node and output slot. Inputs of the form `["id", slot]`.
    pub fn links(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.inputs().filter_map(|(name, value)| link(value).map(|(id, slot)| (name, id, slot)))
    }
}

fn link(value: &Value) -> Option<(&str, u64)> {
    match value.as_array()?.as_slice() {
        [Value::String(id), Value::Number(slot)] => Some((id, slot.as_u64().unwrap_or_default())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
