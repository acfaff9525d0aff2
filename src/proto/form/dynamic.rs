//! The texts of a workflow that its classes want to be resolved before it is sent (`dynamicPrompts`).

use serde_json::Value;

use super::{FieldKey, PoolClasses, classes::describe, spec::literals};
use crate::comfy::{InputKind, Workflow};

/// Each text, with its field.
#[must_use]
pub fn dynamic_texts(workflow: &Workflow, classes: &PoolClasses) -> Vec<(FieldKey, String)> {
    let mut texts = Vec::new();
    for (id, node) in &workflow.0 {
        let Some(class) = classes.class(node.class_type()) else { continue };
        for (name, value) in literals(node) {
            let kind = describe(class, node, name).map(|input| &input.kind);
            if let (Some(InputKind::Text { dynamic_prompts: true, .. }), Value::String(text)) = (kind, value) {
                texts.push((FieldKey { node: id.clone(), input: name.to_owned() }, text.clone()));
            }
        }
    }
    texts
}
