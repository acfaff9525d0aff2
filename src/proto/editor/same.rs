//! Whether a file of the editor still gives a prompt.

use std::borrow::Borrow;

use serde_json::{Map, Value};

use super::outcome::Catalogue;
use crate::comfy::{Catalog, Workflow, WorkflowNode};

/// Whether the conversion of `editor` has the nodes of `workflow`, with the same classes and inputs. Numbers are compared as JavaScript has them: the
/// editor writes 1 for 1.0, and rounds seeds above 2⁵³.
pub(super) fn gives<'a>(editor: &'a Value, catalogue: Catalogue<'_, 'a>, workflow: &Workflow) -> bool {
    let Ok(made) = super::build::convert(editor, catalogue) else { return false };
    made.problems.is_empty()
        && made.workflow.0.len() == workflow.0.len()
        && made.workflow.0.iter().all(|(id, node)| workflow.0.get(id).is_some_and(|other| same(node, other)))
}

fn same(one: &WorkflowNode, other: &WorkflowNode) -> bool {
    let inputs =
        |node: &WorkflowNode| -> Map<String, Value> { node.inputs().map(|(name, value)| (name.to_owned(), rounded(value))).collect() };
    one.class_type() == other.class_type() && inputs(one) == inputs(other)
}

/// As JavaScript has it.
pub(super) fn rounded(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(rounded).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), rounded(value))).collect::<Map<_, _>>().into(),
        other => other.clone(),
    }
}

/// The catalogs that are known, the one with the most of these classes first: versions of a class may differ.
pub(crate) fn by_most_classes<'c, C: Borrow<Catalog>>(catalogs: &'c [C], classes: &[&str]) -> Vec<&'c Catalog> {
    let mut known: Vec<&Catalog> = catalogs.iter().map(Borrow::borrow).filter(|catalog| !catalog.is_empty()).collect();
    known.sort_by_cached_key(|catalog| classes.iter().filter(|class| catalog.class(class).is_none()).count());
    known
}
