//! A whole workflow checked as ComfyUI does before it accepts it: values, and links.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    FieldKey, PoolClasses,
    check::check,
    graph::Graph,
    spec::{Spec, literals, takes_values},
};
use crate::{
    comfy::{InputKind, NodeClass, Workflow, WorkflowNode},
    ids::NodeId,
    task::Problem,
};

/// What ComfyUI would refuse, of the nodes that an output needs: it looks at no others. Of classes that nobody has only the links are checked; see
/// [`Form::missing`](super::Form::missing) for these. What a class checks by itself is not known here.
#[must_use]
pub fn check_workflow(workflow: &Workflow, classes: &PoolClasses) -> Vec<Problem> {
    let graph = Graph::new(workflow, classes);
    let outputs: Vec<&str> = workflow.0.keys().map(NodeId::as_str).filter(|id| graph.is_output(id)).collect();
    let mut problems = Vec::new();
    if outputs.is_empty() {
        let message = "This workflow has no output: no node saves or shows anything.".into();
        problems.push(Problem { node: None, title: None, input: None, message });
    }
    let needed = graph.needed_by(outputs);
    for (id, node) in workflow.0.iter().filter(|(id, _)| needed.contains(id.as_str())) {
        let mut add = |input: &str, message: String| {
            let key = FieldKey { node: id.clone(), input: input.to_owned() };
            let title = Some(classes.title(node).to_owned());
            problems.push(Problem { node: Some(key.node), title, input: Some(key.input), message });
        };
        for (name, message) in links(&graph, node) {
            add(name, message);
        }
        for (name, value) in literals(node) {
            let spec = Spec::of(&graph, id, node, name);
            if let Some(problem) = check(&spec, value) {
                add(name, problem.message);
            }
        }
        if let Some(class) = classes.class(node.class_type()) {
            for (name, message) in missing(class, node) {
                add(&name, message);
            }
        }
    }
    problems
}

/// Links to nodes or outputs that are not there, and to outputs of another type.
fn links<'a>(graph: &Graph<'a>, node: &'a WorkflowNode) -> Vec<(&'a str, String)> {
    let class = graph.classes.class(node.class_type());
    let wrong = |(name, source, slot): (&'a str, &'a str, u64)| {
        let Some(from) = graph.node(source) else { return Some((name, format!("This is linked to node {source}, which is not there."))) };
        let outputs = &graph.classes.class(from.class_type())?.outputs;
        let title = graph.classes.title(from);
        let Some(output) = usize::try_from(slot).ok().and_then(|slot| outputs.get(slot)) else {
            return Some((name, format!("This is linked to output {slot} of \"{title}\" (node {source}), which has {}.", outputs.len())));
        };
        let wanted = match &class?.input(name)?.kind {
            InputKind::Other(kind) => kind.as_str(),
            InputKind::Number(range) => {
                if range.whole {
                    "INT"
                } else {
                    "FLOAT"
                }
            }
            InputKind::Text { .. } => "STRING",
            InputKind::Switch { .. } => "BOOLEAN",
            _ => return None,
        };
        (!is_one_of(&output.kind, wanted))
            .then(|| (name, format!("This takes {wanted}, and \"{title}\" (node {source}) gives {}.", output.kind)))
    };
    node.links().filter_map(wrong).collect()
}

/// Types with a comma are several; what stands for any type fits everything.
fn is_one_of(given: &str, wanted: &str) -> bool {
    let any = |kind: &str| kind == "*" || kind.starts_with("COMFY_");
    let given: HashSet<&str> = given.split(',').map(str::trim).collect();
    given.iter().any(|kind| any(kind)) || wanted.split(',').map(str::trim).any(|kind| any(kind) || given.contains(kind))
}

/// Inputs that the class requires and the node does not have.
fn missing(class: &NodeClass, node: &WorkflowNode) -> Vec<(String, String)> {
    let required = class.inputs.iter().filter(|input| input.required && !matches!(input.kind, InputKind::Autogrow(_)));
    let absent = required.filter(|input| node.input(&input.name).is_none_or(Value::is_null));
    let message = |input: &crate::comfy::Input| {
        let what = if takes_values(input) { "a value or a link" } else { "a link" };
        (input.name.clone(), format!("This must have {what}: the class requires it."))
    };
    absent.map(message).collect()
}
