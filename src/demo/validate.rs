//! ComfyUI's validation of a prompt, with its messages (facts 31, 32, 34).

mod check;
mod inputs;

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use self::check::Check;
use super::{catalog::Catalog, files::Folders, python};

/// An accepted prompt: its valid output nodes, and the errors of the others.
pub(super) struct Valid {
    pub(super) outputs: Vec<String>,
    pub(super) node_errors: Value,
}

/// Why a prompt was rejected.
pub(super) enum Invalid {
    /// Answered with 400 and this body.
    Rejected(Box<Rejection>),
    /// Python raises: the answer is 500 (fact 33).
    Raised,
}

pub(super) struct Rejection {
    pub(super) error: Value,
    pub(super) node_errors: Value,
}

fn rejected(kind: &str, message: &str, details: &str) -> Invalid {
    Invalid::Rejected(Box::new(Rejection {
        error: json!({"type": kind, "message": message, "details": details, "extra_info": {}}),
        node_errors: json!({}),
    }))
}

/// Checks the graph and converts its values in place (fact 34).
///
/// # Errors
/// When no output node is valid, or `prompt` is not a graph.
pub(super) fn validate(
    catalog: &Catalog,
    folders: &Folders,
    graph: &mut Map<String, Value>,
    targets: Option<&Value>,
) -> Result<Valid, Invalid> {
    let outputs = output_nodes(catalog, graph, targets)?;
    let mut check = Check { catalog, folders, graph, validated: Vec::new(), seen: HashMap::new(), path: Vec::new() };
    let mut good = Vec::new();
    let mut errors = Vec::new();
    let mut node_errors = Map::new();
    for output in outputs {
        let verdict = match check.node(&output) {
            Ok(verdict) => verdict,
            Err(raised) => check.conclude(&output, raised.as_outer()),
        };
        if verdict.valid {
            good.push(output);
            continue;
        }
        errors.extend(verdict.errors);
        for (id, verdict) in &check.validated {
            // Nodes that are invalid only because of upstream nodes are not listed.
            if verdict.valid || verdict.errors.is_empty() {
                continue;
            }
            let entry = node_errors.entry(id.clone()).or_insert_with(|| {
                json!({
                    "errors": verdict.errors,
                    "dependent_outputs": [],
                    "class_type": check.graph[id]["class_type"],
                })
            });
            if let Some(dependents) = entry["dependent_outputs"].as_array_mut() {
                dependents.push(output.clone().into());
            }
        }
    }
    let node_errors = Value::Object(node_errors);
    if !good.is_empty() {
        return Ok(Valid { outputs: good, node_errors });
    }
    let details: Vec<String> =
        errors.iter().map(|error| format!("{}: {}", python::str(&error["message"]), python::str(&error["details"]))).collect();
    Err(Invalid::Rejected(Box::new(Rejection {
        error: json!({
            "type": "prompt_outputs_failed_validation",
            "message": "Prompt outputs failed validation",
            "details": details.join("\n"),
            "extra_info": {},
        }),
        node_errors,
    })))
}

/// The output nodes in the graph's order. (ComfyUI's order is that of a Python set.)
fn output_nodes(catalog: &Catalog, graph: &Map<String, Value>, targets: Option<&Value>) -> Result<Vec<String>, Invalid> {
    let mut outputs = Vec::new();
    for (id, node) in graph {
        let details = format!("Node ID '#{id}'");
        // `'class_type' not in 5` raises; for a string or a list it is just true.
        if matches!(node, Value::Number(_) | Value::Bool(_) | Value::Null) {
            return Err(Invalid::Raised);
        }
        let Some(class) = node.get("class_type") else {
            let message = "Cannot execute because a node is missing the class_type property.";
            return Err(rejected("invalid_prompt", message, &details));
        };
        let class = python::str(class);
        if catalog.class(&class).is_none() {
            let message = format!("Cannot execute because node {class} does not exist.");
            return Err(rejected("invalid_prompt", &message, &details));
        }
        let wanted = match targets {
            None | Some(Value::Null) => true,
            Some(Value::Array(targets)) => targets.iter().any(|target| *target == **id),
            Some(_) => return Err(Invalid::Raised),
        };
        if wanted && catalog.is_output(&class) {
            outputs.push(id.clone());
        }
    }
    if outputs.is_empty() {
        return Err(rejected("prompt_no_outputs", "Prompt has no outputs", ""));
    }
    Ok(outputs)
}
