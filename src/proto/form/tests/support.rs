use std::{fs, io::Read, path::PathBuf, sync::LazyLock};

use serde_json::{Value, json};

use crate::{
    comfy::{Catalog, Workflow},
    form::{FieldInput, FieldKey, Form, FormField, PoolClasses, apply},
    task::Problem,
};

fn recordings() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings")
}

/// The classes of a real ComfyUI.
pub(super) static RECORDED: LazyLock<Catalog> = LazyLock::new(|| {
    let file = fs::File::open(recordings().join("object-info-full.json.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    Catalog::parse(&text).unwrap()
});

pub(super) fn recorded_workflows() -> Vec<(String, Workflow)> {
    let files = fs::read_dir(recordings().join("workflows")).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = files
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), Workflow::from_value(serde_json::from_str(&text).unwrap()).unwrap())
        })
        .collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all
}

pub(super) fn recorded(name: &str) -> Workflow {
    recorded_workflows().into_iter().find(|(own, _)| own == name).unwrap_or_else(|| panic!("no {name}")).1
}

pub(super) fn workflow(nodes: Value) -> Workflow {
    Workflow::from_value(nodes).unwrap()
}

pub(super) fn known(workflow: &Workflow) -> PoolClasses {
    PoolClasses::for_workflow(workflow, [&*RECORDED])
}

/// The form with the classes of the recorded ComfyUI.
pub(super) fn form(workflow: &Workflow) -> Form {
    Form::of(workflow, &known(workflow))
}

/// A node of one class with these inputs, described so.
pub(super) fn one_node(inputs: Value, values: Value) -> (Workflow, PoolClasses) {
    let catalog = Catalog::from_object_info(&json!({"Node": {"input": {"required": inputs}, "output": ["IMAGE"]}}));
    let workflow = workflow(json!({"1": {"class_type": "Node", "inputs": values}}));
    let classes = PoolClasses::for_workflow(&workflow, [&catalog]);
    (workflow, classes)
}

#[track_caller]
pub(super) fn field<'a>(form: &'a Form, key: &str) -> &'a FormField {
    let parsed: FieldKey = key.parse().unwrap();
    form.field(&parsed).unwrap_or_else(|| panic!("no {key} in {:?}", keys(form)))
}

pub(super) fn keys(form: &Form) -> Vec<String> {
    form.fields.iter().map(|field| field.key.to_string()).collect()
}

pub(super) fn text(text: &str) -> FieldInput {
    FieldInput::Text(text.to_owned())
}

pub(super) fn set(workflow: &Workflow, classes: &PoolClasses, key: &str, input: FieldInput) -> Result<Workflow, Vec<Problem>> {
    apply(workflow, classes, [(key, &input)])
}

/// The value of an input after it was set; or the message.
pub(super) fn value_after(workflow: &Workflow, classes: &PoolClasses, key: &str, input: FieldInput) -> Result<Value, String> {
    let parsed: FieldKey = key.parse().unwrap();
    set(workflow, classes, key, input)
        .map(|changed| changed.0[&parsed.node].input(&parsed.input).cloned().unwrap_or_default())
        .map_err(|problems| problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join(" | "))
}
