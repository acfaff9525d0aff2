//! ComfyUI's validation errors of a prompt as a list of problems, each with the node and input it belongs to.

use serde::{Deserialize, Serialize};

use crate::{
    comfy::{NodeError, NodeErrors, Rejection, ValidationError, Workflow},
    ids::NodeId,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub node: Option<NodeId>,
    /// The node's title or class, for people.
    pub title: Option<String>,
    pub input: Option<String>,
    /// ComfyUI's text.
    pub message: String,
}

/// The problems in a refusal: those of the nodes or, if there are none, that of the whole prompt.
#[must_use]
pub fn problems(rejection: &Rejection, workflow: &Workflow) -> Vec<Problem> {
    let of_nodes = of_nodes(&rejection.node_errors, workflow);
    if !of_nodes.is_empty() {
        return of_nodes;
    }
    let node = rejection.node_in_details();
    let message = join(&rejection.error.message, &rejection.error.details);
    vec![Problem { title: node.as_ref().and_then(|node| title(node, workflow)), node, input: None, message }]
}

fn of_nodes(errors: &NodeErrors, workflow: &Workflow) -> Vec<Problem> {
    let of_node = |(node, errors): (&NodeId, &NodeError)| {
        let problem = |error: &ValidationError| Problem {
            node: Some(node.clone()),
            title: title(node, workflow).or_else(|| Some(errors.class_type.clone())),
            input: error.input_name().map(str::to_owned),
            message: join(&error.message, &error.details),
        };
        errors.errors.iter().map(problem).collect::<Vec<_>>()
    };
    errors.iter().flat_map(of_node).collect()
}

fn title(node: &NodeId, workflow: &Workflow) -> Option<String> {
    let node = workflow.0.get(node)?;
    Some(node.title().unwrap_or(node.class_type()).to_owned())
}

/// "Value not in list" and "ckpt_name: 'x' not in ['y']" belong together.
fn join(message: &str, details: &str) -> String {
    let (message, details) = (message.trim(), details.trim());
    match (message, details) {
        (_, "") => message.to_owned(),
        ("", _) => details.to_owned(),
        _ => format!("{message}: {details}"),
    }
}
