//! An input of a workflow, as named by a user.

use serde_json::Value;

use super::ClientError;
use proto::{
    comfy::{Workflow, WorkflowNode},
    ids::NodeId,
};

/// An input of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputPath {
    node: NodeId,
    input: String,
}

/// Nodes and inputs listed in an error message.
const LISTED: usize = 40;
/// Characters of a value shown in an error message.
const SHOWN: usize = 40;

impl InputPath {
    /// Finds `NODE.INPUT`. The node is named by id, else by title, else by class, if it is unique; case matters. Both parts may contain
    /// dots.
    ///
    /// # Errors
    /// [`ClientError::Usage`], with the names that exist.
    pub fn find(workflow: &Workflow, name: &str) -> Result<Self, ClientError> {
        let splits: Vec<(&str, &str)> = name.match_indices('.').map(|(at, _)| (&name[..at], &name[at + 1..])).collect();
        if splits.is_empty() {
            return Err(ClientError::Usage(format!("\"{name}\" does not name an input: it must be NODE.INPUT, such as 3.seed.")));
        }
        let mut wrong_input = None;
        for (node, input) in splits {
            let mut found = nodes(workflow, node).into_iter();
            match (found.next(), found.next()) {
                (Some((id, node)), None) if node.input(input).is_some() => return Ok(Self { node: id.clone(), input: input.to_owned() }),
                (Some((id, node)), None) => wrong_input = Some(no_input(id, node, input)),
                (Some(_), Some(_)) => wrong_input = Some(ambiguous(workflow, node)),
                (None, _) => {}
            }
        }
        Err(ClientError::Usage(wrong_input.unwrap_or_else(|| no_node(workflow, name))))
    }

    #[must_use]
    pub fn node(&self) -> &NodeId {
        &self.node
    }

    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Sets the input's value. A link to another node is replaced too.
    pub fn set(&self, workflow: &mut Workflow, value: Value) {
        if let Some(node) = workflow.0.get_mut(&self.node) {
            node.set_input(&self.input, value);
        }
    }
}

/// All nodes with this name, by the first kind of name that matches any.
fn nodes<'a>(workflow: &'a Workflow, name: &str) -> Vec<(&'a NodeId, &'a WorkflowNode)> {
    if let Some(found) = workflow.0.get_key_value(name) {
        return vec![found];
    }
    let by =
        |called: fn(&WorkflowNode) -> Option<&str>| workflow.0.iter().filter(|(_, node)| called(node) == Some(name)).collect::<Vec<_>>();
    let titled = by(WorkflowNode::title);
    if titled.is_empty() { by(|node| Some(node.class_type())) } else { titled }
}

fn no_node(workflow: &Workflow, name: &str) -> String {
    format!("The workflow has no node for \"{name}\". It has:{}", listed(workflow.0.iter().map(|(id, node)| described(id, node))))
}

fn ambiguous(workflow: &Workflow, name: &str) -> String {
    let found = nodes(workflow, name);
    format!("Several nodes are called \"{name}\"; name one by its id:{}", listed(found.into_iter().map(|(id, node)| described(id, node))))
}

fn no_input(id: &NodeId, node: &WorkflowNode, input: &str) -> String {
    let inputs = node.inputs().map(|(name, value)| match node.link(name) {
        Some(source) => format!("{name} (from node {source})"),
        None => format!("{name} = {}", shown(value)),
    });
    format!("Node {} has no input \"{input}\" in this file. It has:{}", described(id, node), listed(inputs))
}

fn described(id: &NodeId, node: &WorkflowNode) -> String {
    match node.title().filter(|title| *title != node.class_type()) {
        Some(title) => format!("{id} \"{title}\" ({})", node.class_type()),
        None => format!("{id} ({})", node.class_type()),
    }
}

fn listed(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let rest = items.len().saturating_sub(LISTED);
    let mut text: String = items.iter().take(LISTED).map(|item| format!("\n  {item}")).collect();
    if items.is_empty() {
        text.push_str(" none.");
    } else if rest > 0 {
        text.push_str(&format!("\n  and {rest} more"));
    }
    text
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workflow() -> Workflow {
        let sampler = |title: &str| json!({"class_type": "KSampler", "inputs": {"seed": 7, "model": ["4", 0]}, "_meta": {"title": title}});
        Workflow::from_value(json!({
            "3": sampler("First v1.5"),
            "12:5": sampler("4"),
            "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x", "resize.width": 3}},
            "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a cat"}, "_meta": {"title": "Prompt"}},
            "7": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}, "_meta": {"title": "Negative"}},
        }))
        .unwrap()
    }

    fn found(name: &str) -> (String, String) {
        let place = InputPath::find(&workflow(), name).unwrap();
        (place.node.0, place.input)
    }

    fn why(name: &str) -> String {
        InputPath::find(&workflow(), name).unwrap_err().to_string()
    }

    #[test]
    fn a_node_is_found_by_id_then_title_then_class() {
        let pair = |node: &str, input: &str| (node.to_owned(), input.to_owned());
        assert_eq!(found("3.seed"), pair("3", "seed"));
        assert_eq!(found("12:5.seed"), pair("12:5", "seed"));
        assert_eq!(found("Prompt.text"), pair("6", "text"));
        assert_eq!(found("First v1.5.seed"), pair("3", "seed"), "dots in a title");
        assert_eq!(found("4.resize.width"), pair("4", "resize.width"), "and in an input");
        assert_eq!(found("CheckpointLoaderSimple.ckpt_name"), pair("4", "ckpt_name"), "the id 4 comes before the title 4");
    }

    #[test]
    fn missing_things_are_reported_with_the_available_ones() {
        assert!(why("seed").contains("NODE.INPUT"));
        let no_node = why("99.seed");
        assert!(no_node.contains("99.seed") && no_node.contains("6 \"Prompt\" (CLIPTextEncode)"), "{no_node}");
        let no_input = why("3.sed");
        assert!(no_input.contains("seed = 7") && no_input.contains("model (from node 4)"), "{no_input}");
        let two = why("CLIPTextEncode.text");
        assert!(two.contains("Several") && two.contains("7 \"Negative\""), "{two}");
    }

    #[test]
    fn a_link_is_replaced_like_a_value() {
        let mut workflow = workflow();
        InputPath::find(&workflow, "3.model").unwrap().set(&mut workflow, json!(true));
        assert_eq!(workflow.0["3"].input("model"), Some(&json!(true)));
    }
}
