//! What is known of a value in a workflow: the description of its input, or, of a primitive node's value, that of the inputs which read it.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::{
    classes::describe,
    graph::Graph,
    text_value::{LiteralType, is_link},
};
use crate::{
    comfy::{Input, InputKind, NumberRange, PoolClass, WorkflowNode},
    ids::NodeId,
};

pub(super) struct Spec<'a> {
    /// What the input accepts. `None`: its class or the input is unknown.
    pub(super) kind: Option<Cow<'a, InputKind>>,
    /// Its description.
    pub(super) input: Option<&'a Input>,
    pub(super) pool: Option<&'a PoolClass>,
    /// The node and the name of the input that the description is of: of a primitive's value, what reads it.
    pub(super) node: &'a WorkflowNode,
    pub(super) node_id: &'a str,
    pub(super) name: Cow<'a, str>,
}

impl<'a> Spec<'a> {
    /// Of a value, not a link.
    pub(super) fn of(graph: &Graph<'a>, id: &'a NodeId, node: &'a WorkflowNode, name: &'a str) -> Self {
        let own = Self::direct(graph, id, node, name);
        if !holds_value(node, name) {
            return own;
        }
        let targets = graph.readers(id.as_str()).iter().filter_map(|link| {
            let reader = graph.node(link.reader.as_str())?;
            let target = Self::direct(graph, link.reader, reader, link.input);
            target.kind.as_ref().is_some_and(|kind| same_type(own.kind.as_deref(), kind)).then_some(target)
        });
        let targets: Vec<Self> = targets.collect();
        let range = targets.iter().filter_map(|target| target.kind.as_deref()).filter_map(range);
        let range = own.kind.as_deref().and_then(self::range).into_iter().chain(range).cloned().reduce(|one, other| narrower(&one, &other));
        let Some(first) = targets.into_iter().next() else { return own };
        let kind = match (first.kind, range) {
            (Some(kind), Some(range)) if matches!(*kind, InputKind::Number(_)) => Some(Cow::Owned(InputKind::Number(range))),
            (kind, _) => kind,
        };
        Self { kind, ..first }
    }

    fn direct(graph: &Graph<'a>, id: &'a NodeId, node: &'a WorkflowNode, name: &'a str) -> Self {
        let pool = graph.classes.get(node.class_type());
        let input = pool.and_then(|pool| describe(&pool.class, node, name));
        Self { kind: input.map(|input| Cow::Borrowed(&input.kind)), input, pool, node, node_id: id.as_str(), name: Cow::Borrowed(name) }
    }

    /// Whether a file is uploaded for it: such a value is in no list yet.
    pub(super) fn is_upload(&self) -> bool {
        self.input.is_some_and(|input| input.upload.is_some())
    }
}

/// The value of a node that only holds it for others: ComfyUI's primitives, and those that other programs mark the inputs of a workflow with.
pub(super) fn holds_value(node: &WorkflowNode, input: &str) -> bool {
    let class = node.class_type();
    class.starts_with("Primitive")
        || class.starts_with("SwarmInput") && input == "value"
        || class == "ETN_Parameter" && input == "default"
        || class.starts_with("ComfyUIDeployExternal") && input.starts_with("default_value")
}

/// The kind of a value that is held for others fits that of the input which reads it; `None` fits all.
fn same_type(own: Option<&InputKind>, target: &InputKind) -> bool {
    match (own, target) {
        (_, InputKind::Other(_) | InputKind::Autogrow(_) | InputKind::DynamicChoice(_)) => false,
        (None | Some(InputKind::Other(_)), _) => true,
        (Some(InputKind::Number(own)), InputKind::Number(target)) => own.whole == target.whole,
        (Some(InputKind::Number(_)), _) => false,
        (Some(InputKind::Switch { .. }), target) => matches!(target, InputKind::Switch { .. }),
        (Some(_), target) => !matches!(target, InputKind::Number(_) | InputKind::Switch { .. }),
    }
}

fn range(kind: &InputKind) -> Option<&NumberRange> {
    if let InputKind::Number(range) = kind { Some(range) } else { None }
}

/// What both accept. Steps and display are those of the second.
fn narrower(one: &NumberRange, other: &NumberRange) -> NumberRange {
    let within = |range: &NumberRange, number: &&Number| range.contains(number);
    let bound = |ours: &Option<Number>, theirs: &Option<Number>| {
        let inner = theirs.as_ref().filter(|number| within(one, number)).or(ours.as_ref());
        inner.or(theirs.as_ref()).cloned()
    };
    NumberRange {
        whole: one.whole || other.whole,
        min: bound(&one.min, &other.min),
        max: bound(&one.max, &other.max),
        step: other.step.clone().or_else(|| one.step.clone()),
        display: other.display.clone().or_else(|| one.display.clone()),
    }
}

/// The values of a node that are no links, in the order of the file.
pub(super) fn literals(node: &WorkflowNode) -> impl Iterator<Item = (&str, &Value)> {
    node.inputs().filter(|(_, value)| !is_link(value))
}

/// What a list is sent as: ComfyUI reads a bare list as a link.
const WRAPPED: &str = "__value__";

/// The value that is meant: without the wrapping of a list.
pub(super) fn unwrapped(value: &Value) -> &Value {
    match value {
        Value::Object(object) if object.len() == 1 => object.get(WRAPPED).unwrap_or(value),
        value => value,
    }
}

/// The value as ComfyUI wants it: a list is wrapped.
pub(super) fn wrapped(value: Value) -> Value {
    if value.is_array() { serde_json::json!({ WRAPPED: value }) } else { value }
}

/// A value as a page shows it.
pub(super) fn text_of(value: &Value) -> String {
    match unwrapped(value) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a value can be entered for an input that is described so, and not only a link.
pub(super) fn takes_values(input: &Input) -> bool {
    input.link != crate::comfy::LinkUse::Expected && !matches!(input.kind, InputKind::Autogrow(_) | InputKind::Other(_))
        || is_colour(&input.kind)
}

pub(super) fn is_colour(kind: &InputKind) -> bool {
    matches!(kind, InputKind::Other(name) if name == "COLOR")
}

/// The value of a node that was just made and has no default, as ComfyUI's page fills it in.
pub(super) fn initial(input: &Input) -> Value {
    if let Some(default) = &input.default
        && (!default.is_array() || matches!(input.kind, InputKind::ManyOf(_)))
    {
        return wrapped(default.clone());
    }
    match &input.kind {
        InputKind::Number(range) => {
            let zero = Number::from(0_u8);
            Value::Number(if range.contains(&zero) { zero } else { range.min.clone().or_else(|| range.max.clone()).unwrap_or(zero) })
        }
        InputKind::Switch { .. } => Value::Bool(false),
        InputKind::Choice(texts) => texts.first().cloned().unwrap_or_default().into(),
        InputKind::TypedChoice { values, .. } => values.first().cloned().unwrap_or_default(),
        InputKind::DynamicChoice(options) => options.first().map(|option| option.key.clone()).unwrap_or_default().into(),
        InputKind::ManyOf(_) => wrapped(Value::Array(Vec::new())),
        kind if is_colour(kind) => "#ffffff".into(),
        _ => Value::String(String::new()),
    }
}

/// The literal's own type, of the value that is meant.
pub(super) fn type_of(value: &Value) -> LiteralType {
    LiteralType::of(Some(unwrapped(value)))
}
