//! Refusals in ComfyUI's form, where no ComfyUI could be asked.

use indexmap::IndexMap;
use serde_json::json;

use crate::{
    comfy::{NodeError, NodeErrors, Rejection, ValidationError, Workflow},
    task::Problem,
};

/// A refusal of the whole prompt.
#[must_use]
pub fn simple_rejection(kind: &str, message: &str, details: &str) -> Rejection {
    Rejection { error: error(kind, message, details), node_errors: IndexMap::new() }
}

fn error(kind: &str, message: &str, details: &str) -> ValidationError {
    ValidationError { kind: kind.to_owned(), message: message.to_owned(), details: details.to_owned(), extra_info: json!({}) }
}

/// What stands against a workflow, as ComfyUI 0.8.0 would say it: an unknown class is an error of the whole prompt (fact 31), everything else belongs to the
/// nodes.
#[must_use]
pub fn rejection_of(problems: &[Problem], workflow: Option<&Workflow>) -> Rejection {
    let class = |problem: &Problem| {
        let node = problem.node.as_ref().and_then(|id| workflow?.0.get(id));
        node.map(|node| node.class_type().to_owned()).unwrap_or_default()
    };
    if let Some(problem) = problems.iter().find(|problem| problem.input.is_none() && problem.node.is_some()) {
        let node = problem.node.as_ref().map(ToString::to_string).unwrap_or_default();
        let message = format!("Cannot execute because node {} does not exist.", class(problem));
        return simple_rejection("invalid_prompt", &message, &format!("Node ID '#{node}'"));
    }
    let mut nodes = NodeErrors::new();
    for problem in problems {
        let Some(node) = &problem.node else { continue };
        let named = problem.input.as_deref().unwrap_or_default();
        let mut found = error("value_not_in_list", "Value not in list", &format!("{named}: {}", problem.message));
        found.extra_info = json!({"input_name": named});
        let place = nodes.entry(node.clone()).or_insert_with(|| NodeError {
            errors: Vec::new(),
            dependent_outputs: Vec::new(),
            class_type: class(problem),
        });
        place.errors.push(found);
    }
    if nodes.is_empty() {
        let words: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        return simple_rejection("invalid_prompt", &words.join(" "), "");
    }
    let failed = error("prompt_outputs_failed_validation", "Prompt outputs failed validation", "");
    Rejection { error: failed, node_errors: nodes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NodeId;

    #[test]
    fn problems_become_comfyuis_errors() {
        let workflow = Workflow::from_value(json!({"4": {"class_type": "Loader", "inputs": {"ckpt_name": "x"}}})).unwrap();
        let problem = |input: Option<&str>| Problem {
            node: Some(NodeId::from("4")),
            title: None,
            input: input.map(str::to_owned),
            message: "x is on no ComfyUI".into(),
        };
        let unknown = rejection_of(&[problem(None)], Some(&workflow));
        assert_eq!(unknown.error.details, "Node ID '#4'");
        assert_eq!(unknown.error.message, "Cannot execute because node Loader does not exist.");
        let missing = rejection_of(&[problem(Some("ckpt_name"))], Some(&workflow));
        assert_eq!(missing.error.kind, "prompt_outputs_failed_validation");
        assert_eq!(missing.node_errors[0].class_type, "Loader");
        assert_eq!(missing.node_errors[0].errors[0].input_name(), Some("ckpt_name"));
    }
}
