//! Sets values of a workflow, as a page or a program gives them.

use std::{borrow::Cow, collections::HashSet};

use serde_json::Value;

use super::{
    FieldKey, PoolClasses, ValueProblem,
    check::{check, nearest, read_json, read_text, refuse_link, wrong},
    classes::describe,
    graph::Graph,
    hints::{Hint, Hints},
    spec::{Spec, initial, literals, takes_values, text_of},
    text_value::{is_link, read_number},
};
use crate::{
    comfy::{DynamicOption, Input, InputKind, NodeClass, NumberRange, Workflow, WorkflowNode},
    ids::NodeId,
    task::Problem,
};

/// A value for a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldInput {
    /// As people type it: see [`Widget`](super::Widget).
    Text(String),
    /// As a program sends it. Numbers beyond JavaScript's may be texts, and so may choices that are numbers.
    Json(Value),
}

/// The workflow with these values, each under the text of its [`FieldKey`]. Everything else stays as it is.
///
/// # Errors
/// One problem per value that ComfyUI would refuse, and per key that the workflow does not have.
pub fn apply<'i>(
    workflow: &Workflow,
    classes: &PoolClasses,
    inputs: impl IntoIterator<Item = (&'i str, &'i FieldInput)>,
) -> Result<Workflow, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut given: Vec<(FieldKey, &FieldInput)> = Vec::new();
    for (text, input) in inputs {
        match text.parse::<FieldKey>() {
            Ok(key) => given.push((key, input)),
            Err(why) => problems.push(unknown(workflow, None, text, format!("{why}"))),
        }
    }
    let mut changed = workflow.clone();
    choose_options(&mut changed, classes, &given, &mut problems);
    let values = read(&changed, workflow, classes, &given, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    for (key, value) in values {
        if let Some(node) = changed.0.get_mut(&key.node) {
            node.set_input(&key.input, value);
        }
    }
    Ok(changed)
}

/// The values to set. `original`: the workflow before its dynamic choices were changed.
fn read(
    workflow: &Workflow,
    original: &Workflow,
    classes: &PoolClasses,
    given: &[(FieldKey, &FieldInput)],
    problems: &mut Vec<Problem>,
) -> Vec<(FieldKey, Value)> {
    let graph = Graph::new(workflow, classes);
    let hints = Hints::of(workflow);
    let mut values = Vec::new();
    for (key, input) in given {
        let Some((id, node)) = workflow.0.get_key_value(&key.node) else {
            problems.push(unknown(original, None, &key.to_string(), String::new()));
            continue;
        };
        let class = classes.class(node.class_type());
        let now = match node.input(&key.input) {
            Some(value) if is_link(value) => {
                let source = node.link(&key.input).unwrap_or_default();
                let message = format!("This comes from node {source}, and cannot be set here.");
                problems.push(problem(classes, key, node, message));
                continue;
            }
            Some(value) => Cow::Borrowed(value),
            None => match class.filter(|class| belongs_to_choice(class, &key.input)) {
                Some(class) => match describe(class, node, &key.input) {
                    Some(input) if takes_values(input) => Cow::Owned(initial(input)),
                    // A page sends the fields of all options.
                    _ if matches!(input, FieldInput::Text(_)) => continue,
                    _ => {
                        problems.push(problem(classes, key, node, "This belongs to another choice than the one that is made.".into()));
                        continue;
                    }
                },
                None => {
                    problems.push(unknown(original, Some(node), &key.to_string(), String::new()));
                    continue;
                }
            },
        };
        let spec = Spec::of(&graph, id, node, &key.input);
        let value = match input {
            FieldInput::Text(text) if *text == text_of(&now) => check(&spec, &now).map_or_else(|| Ok(now.clone().into_owned()), Err),
            FieldInput::Text(text) => read_text(&spec, &now, text),
            FieldInput::Json(value) => refuse_link(value).map_or_else(|| read_json(&spec, &now, value), Err),
        };
        match value.and_then(|value| within(&hints.get(key), value)) {
            Ok(value) => values.push((key.clone(), value)),
            Err(why) => problems.push(problem(classes, key, node, why.message)),
        }
    }
    values
}

/// The limits that the author of the workflow gave.
fn within(hint: &Hint, value: Value) -> Result<Value, ValueProblem> {
    let Value::Number(number) = &value else { return Ok(value) };
    let limit = |text: &Option<String>| text.as_deref().and_then(read_number);
    let range = NumberRange { min: limit(&hint.min), max: limit(&hint.max), ..NumberRange::default() };
    match (&hint.min, &hint.max) {
        _ if range.contains(number) => Ok(value),
        (Some(min), Some(max)) => Err(wrong(format!("This must be from {min} to {max}."))),
        (Some(min), None) => Err(wrong(format!("This must be at least {min}."))),
        (_, max) => Err(wrong(format!("This must be at most {}.", max.as_deref().unwrap_or_default()))),
    }
}

/// Changes dynamic choices, the outer ones first: the inputs of the old option go, and those of the new one come, with the class's defaults.
fn choose_options(workflow: &mut Workflow, classes: &PoolClasses, given: &[(FieldKey, &FieldInput)], problems: &mut Vec<Problem>) {
    let mut given: Vec<_> = given.iter().collect();
    given.sort_by_key(|(key, _)| key.input.matches('.').count());
    for (key, input) in given {
        let Some(node) = workflow.0.get_mut(&key.node) else { continue };
        let Some(class) = classes.class(node.class_type()) else { continue };
        let Some(InputKind::DynamicChoice(options)) = describe(class, node, &key.input).map(|input| &input.kind) else { continue };
        let wanted = match input {
            FieldInput::Text(text) => text.as_str(),
            FieldInput::Json(value) => value.as_str().unwrap_or_default(),
        };
        let now = node.input(&key.input).and_then(Value::as_str).map(str::to_owned);
        if node.link(&key.input).is_some() || now.as_deref() == Some(wanted) {
            continue;
        }
        // What is no option is reported with the other values.
        let Some(option) = options.iter().find(|option| option.key == wanted) else { continue };
        let missing = set_option(node, &key.input, option);
        if !missing.is_empty() {
            let message = format!("With \"{wanted}\" the node needs links for {}, which this workflow does not have.", missing.join(", "));
            problems.push(problem(classes, key, node, message));
        }
    }
}

/// Returns the names of links that the option requires and that are not there.
fn set_option(node: &mut WorkflowNode, outer: &str, option: &DynamicOption) -> Vec<String> {
    let own = |name: &str| name.strip_prefix(outer).and_then(|rest| rest.strip_prefix('.')).map(str::to_owned);
    let known: HashSet<&str> = option.inputs.iter().map(|input| input.name.as_str()).collect();
    let gone = node.inputs().filter_map(|(name, _)| Some((name, own(name)?)));
    let gone: Vec<String> = gone
        .filter(|(_, inner)| {
            !known.contains(inner.as_str())
                && !known.iter().any(|known| inner.strip_prefix(known).is_some_and(|rest| rest.starts_with('.')))
        })
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in gone {
        node.remove_input(&name);
    }
    node.set_input(outer, option.key.clone().into());
    let mut missing = Vec::new();
    for input in &option.inputs {
        add_input(node, &format!("{outer}.{}", input.name), input, &mut missing);
    }
    missing
}

fn add_input(node: &mut WorkflowNode, name: &str, input: &Input, missing: &mut Vec<String>) {
    if takes_values(input) {
        let keeps = node.input(name).is_some_and(|value| is_link(value) || fits(&input.kind, value));
        if !keeps {
            let value = initial(input);
            if let InputKind::DynamicChoice(options) = &input.kind
                && let Some(option) = options.iter().find(|option| value == option.key.as_str())
            {
                missing.extend(set_option(node, name, option));
            } else {
                node.set_input(name, value);
            }
        }
    } else if input.required && !matches!(input.kind, InputKind::Autogrow(_)) && node.input(name).is_none() {
        missing.push(format!("\"{name}\""));
    }
}

/// A value of the old option suits an input of the same name in the new one.
fn fits(kind: &InputKind, value: &Value) -> bool {
    match kind {
        InputKind::Number(range) => value.as_number().is_some_and(|number| range.contains(number) && !(range.whole && number.is_f64())),
        InputKind::Text { .. } => value.is_string(),
        InputKind::Switch { .. } => value.is_boolean(),
        InputKind::Choice(texts) => value.as_str().is_some_and(|value| texts.iter().any(|text| text == value)),
        _ => false,
    }
}

/// Whether the class has an input of this name within any option of a dynamic choice.
fn belongs_to_choice(class: &NodeClass, name: &str) -> bool {
    let outer = name.split_once('.').map(|(outer, _)| outer);
    let is_choice = |input: &Input| matches!(input.kind, InputKind::DynamicChoice(_)) && outer == Some(input.name.as_str());
    class.inputs.iter().any(is_choice) && class.input(name).is_some()
}

fn problem(classes: &PoolClasses, key: &FieldKey, node: &WorkflowNode, message: String) -> Problem {
    Problem { node: Some(key.node.clone()), title: Some(classes.title(node).to_owned()), input: Some(key.input.clone()), message }
}

/// A key that the workflow does not have, with the nearest ones: of the same node, if that is there.
fn unknown(workflow: &Workflow, node: Option<&WorkflowNode>, text: &str, why: String) -> Problem {
    let keys = |(id, node): (&NodeId, &WorkflowNode)| {
        let key = |(input, _): (&str, &Value)| FieldKey { node: id.clone(), input: input.to_owned() }.to_string();
        literals(node).map(key).collect::<Vec<_>>()
    };
    let parsed = text.parse::<FieldKey>().ok();
    let own = parsed.as_ref().and_then(|key| workflow.0.get_key_value(&key.node)).map(keys).unwrap_or_default();
    let all = || workflow.0.iter().flat_map(keys).collect::<Vec<_>>();
    let near = nearest(text, own.iter().map(String::as_str));
    let near = if near.is_empty() { nearest(text, all().iter().map(String::as_str)) } else { near };
    let why = if why.is_empty() { format!("This workflow has no value \"{text}\".") } else { why };
    let message = if near.is_empty() { why } else { format!("{why} The nearest: {}.", near.join(", ")) };
    Problem {
        node: node.and(parsed.as_ref()).map(|key| key.node.clone()),
        title: node.map(|node| node.title().unwrap_or(node.class_type()).to_owned()),
        input: node.and(parsed).map(|key| key.input),
        message,
    }
}
