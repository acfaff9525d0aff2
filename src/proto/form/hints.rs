//! What other programs note in a workflow about its inputs: titles of nodes and special classes.
//!
//! | program | where | what |
//! |---|---|---|
//! | ViewComfy | title | `VC_BASIC Name`, `VC_ADV Name` |
//! | krita-ai-diffusion | class `ETN_Parameter`, title | `1. Group/2. Name`, limits |
//! | SwarmUI | class `SwarmInput…`, title | `SwarmUI: Name`; title, description, group, order, limits, choices |
//! | ComfyDeploy | class `ComfyUIDeployExternal…` | display name, description, limits |

use std::collections::HashMap;

use serde_json::Value;

use super::{
    FieldKey, Role,
    spec::{holds_value, literals, text_of},
};
use crate::comfy::{Workflow, WorkflowNode};

/// What is noted about one field. `None`: nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Hint {
    pub(super) label: Option<String>,
    pub(super) help: Option<String>,
    pub(super) group: Option<String>,
    pub(super) order: Option<i64>,
    pub(super) pinned: bool,
    pub(super) advanced: bool,
    /// It only describes another input.
    pub(super) hidden: bool,
    pub(super) role: Option<Role>,
    pub(super) min: Option<String>,
    pub(super) max: Option<String>,
    pub(super) choices: Vec<String>,
}

#[derive(Default)]
pub(super) struct Hints {
    fields: HashMap<FieldKey, Hint>,
    /// The author chose the inputs: nothing else is pinned.
    pub(super) chosen: bool,
}

impl Hints {
    pub(super) fn of(workflow: &Workflow) -> Self {
        let mut hints = Self::default();
        for (id, node) in &workflow.0 {
            for (input, hint) in of_node(workflow, node) {
                hints.fields.insert(FieldKey::new(id.as_str(), input), hint);
            }
        }
        hints.chosen = hints.fields.values().any(|hint| hint.pinned);
        hints
    }

    pub(super) fn get(&self, key: &FieldKey) -> Hint {
        self.fields.get(key).cloned().unwrap_or_default()
    }
}

fn of_node<'a>(workflow: &Workflow, node: &'a WorkflowNode) -> Vec<(&'a str, Hint)> {
    let inputs: Vec<&str> = literals(node).map(|(name, _)| name).collect();
    let class = node.class_type();
    let special = ["SwarmInput", "ETN_Parameter", "ComfyUIDeployExternal"].into_iter().find(|prefix| class.starts_with(prefix));
    let hint = match special {
        Some("SwarmInput") => swarm(workflow, node),
        Some("ETN_Parameter") => krita(node),
        Some(_) => deploy(node),
        None => match node.title().and_then(titled) {
            Some(hint) => {
                // The name is that of the node; its only value is called so, too.
                let only = inputs.len() == 1;
                let one = |input| {
                    let mut hint = hint.clone();
                    if !only {
                        hint.group = hint.label.take().or(hint.group);
                    }
                    (input, hint)
                };
                return inputs.into_iter().map(one).collect();
            }
            None => return Vec::new(),
        },
    };
    let one = |input| (input, if holds_value(node, input) { hint.clone() } else { Hint { hidden: true, ..Hint::default() } });
    inputs.into_iter().map(one).collect()
}

/// A title that follows a convention.
fn titled(title: &str) -> Option<Hint> {
    let name = |rest: &str| Some(rest.trim_start_matches([' ', '-', ':', '_', '|']).trim().to_owned()).filter(|name| !name.is_empty());
    if let Some(rest) = title.strip_prefix("VC_BASIC") {
        return Some(Hint { label: name(rest), pinned: true, ..Hint::default() });
    }
    if let Some(rest) = title.strip_prefix("VC_ADV") {
        return Some(Hint { label: name(rest), advanced: true, ..Hint::default() });
    }
    if let Some(rest) = title.strip_prefix("SwarmUI:") {
        return Some(Hint { label: name(rest), pinned: true, ..Hint::default() });
    }
    let (group, own) = title.split_once('/')?;
    // Slashes are common in titles; numbers before the parts are this convention.
    (ordered(group).0.is_some() || ordered(own).0.is_some()).then(|| grouped(title))
}

/// "1. Group/2. Name": a heading and a name, each with its place.
fn grouped(title: &str) -> Hint {
    let (group, name) = title.split_once('/').map_or((None, title), |(group, name)| (Some(group), name));
    let (group_order, group) = group.map(ordered).unwrap_or_default();
    let (order, name) = ordered(name);
    let place = (group_order.is_some() || order.is_some()).then(|| group_order.unwrap_or_default() * PLACES + order.unwrap_or_default());
    let group = Some(group.to_owned()).filter(|group| !group.is_empty());
    Hint { label: Some(name.to_owned()), group, order: place, pinned: true, ..Hint::default() }
}

/// Places within one heading.
const PLACES: i64 = 100_000;

/// "2. Name" → 2, "Name".
fn ordered(text: &str) -> (Option<i64>, &str) {
    let text = text.trim();
    match text.split_once(". ").and_then(|(number, name)| Some((number.parse::<u16>().ok()?, name))) {
        Some((number, name)) => (Some(number.into()), name.trim()),
        None => (None, text),
    }
}

fn text(node: &WorkflowNode, input: &str) -> Option<String> {
    node.input(input).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn limit(node: &WorkflowNode, input: &str) -> Option<String> {
    node.input(input).filter(|value| value.is_number()).map(text_of)
}

fn swarm(workflow: &Workflow, node: &WorkflowNode) -> Hint {
    let group = node.link("group").and_then(|id| text(workflow.0.get(id)?, "title"));
    let advanced = node.input("is_advanced").and_then(Value::as_bool).unwrap_or_default();
    let listed = text(node, "values").unwrap_or_default();
    #[allow(clippy::cast_possible_truncation)]
    let order = node.input("order_priority").and_then(Value::as_f64).map(|order| (order * 100.0) as i64);
    Hint {
        label: text(node, "title"),
        help: text(node, "description"),
        group,
        order,
        pinned: !advanced,
        advanced,
        min: limit(node, "min"),
        max: limit(node, "max"),
        choices: listed.split(',').map(str::trim).filter(|choice| !choice.is_empty()).map(str::to_owned).collect(),
        ..Hint::default()
    }
}

fn krita(node: &WorkflowNode) -> Hint {
    let kind = text(node, "type").unwrap_or_default();
    let role = match kind.as_str() {
        "prompt (positive)" => Some(Role::Prompt),
        "prompt (negative)" => Some(Role::NegativePrompt),
        _ => None,
    };
    let numeric = kind.is_empty() || kind == "auto" || kind.starts_with("number");
    let limit = |input| limit(node, input).filter(|_| numeric);
    Hint { role, min: limit("min"), max: limit("max"), ..grouped(&text(node, "name").unwrap_or_default()) }
}

fn deploy(node: &WorkflowNode) -> Hint {
    Hint {
        label: text(node, "display_name").or_else(|| text(node, "input_id")),
        help: text(node, "description"),
        pinned: true,
        min: limit(node, "min_value"),
        max: limit(node, "max_value"),
        ..Hint::default()
    }
}
