//! The form of any workflow, and its runs: with the node classes of all ComfyUIs of the pool.

use std::{collections::HashSet, sync::Arc};

use proto::{
    comfy::{Catalog, Workflow},
    form::{FieldInput, Form, Overlay, PoolClasses, apply, keep_outputs, switch_off},
    submit::{FormRun, Refusal, WorkflowForm},
    task::Problem,
    workflow_file,
};

use crate::pool::Pool;

/// Nodes listed before the list says "and more".
const LISTED: usize = 40;

/// The form of the workflow in this file, as people arranged it.
///
/// # Errors
/// What the file is instead, for people.
pub fn form_of(catalogs: &[Arc<Catalog>], json: &str, overlay: &Overlay) -> Result<WorkflowForm, String> {
    let opened = workflow_file::open_text(json).and_then(|opened| opened.convert(catalogs)).map_err(|error| error.to_string())?;
    let workflow = opened.workflow;
    let mut form = Form::of(&workflow, &classes(catalogs, &workflow), None);
    form.arrange(overlay);
    let node = |id| {
        let node = workflow.0.get(&id)?;
        Some((node.title().unwrap_or(node.class_type()).to_owned(), node.class_type().to_owned()))
    };
    Ok(WorkflowForm {
        form,
        nodes: u32::try_from(workflow.0.len()).unwrap_or(u32::MAX),
        listed: workflow.order().into_iter().filter_map(node).take(LISTED).collect(),
    })
}

/// The workflow with the values and choices of its form.
///
/// # Errors
/// The problems, each at its input.
pub fn apply_form(pool: &Pool, mut workflow: Workflow, run: &FormRun) -> Result<Workflow, Refusal> {
    let problem = |message: String| Refusal::new(vec![Problem { node: None, title: None, input: None, message }]);
    let catalogs = pool.form_catalogs();
    let classes = classes(&catalogs, &workflow);
    let inputs: Vec<(&str, FieldInput)> = run.inputs.iter().map(|(key, text)| (key.as_str(), FieldInput::Text(text.clone()))).collect();
    // What was changed at a node that is switched off does not matter.
    let inputs = inputs.iter().filter(|(key, _)| !run.off.iter().any(|node| key.starts_with(&format!("{node}."))));
    workflow = apply(&workflow, &classes, inputs.map(|(key, input)| (*key, input))).map_err(Refusal::new)?;
    for node in &run.off {
        workflow = switch_off(&workflow, &classes, node).map_err(|error| problem(error.to_string()))?.workflow;
    }
    if !run.unwanted.is_empty() {
        let form = Form::of(&workflow, &classes, None);
        let wanted: HashSet<_> = form.outputs.into_iter().map(|output| output.node).filter(|node| !run.unwanted.contains(node)).collect();
        if wanted.is_empty() {
            return Err(problem("No result of this workflow is wanted. Choose at least one.".into()));
        }
        workflow = keep_outputs(&workflow, &classes, &wanted).workflow;
    }
    Ok(workflow)
}

/// The classes that a workflow needs, over these catalogs.
pub fn classes(catalogs: &[Arc<Catalog>], workflow: &Workflow) -> PoolClasses {
    PoolClasses::for_workflow(workflow, catalogs.iter().map(Arc::as_ref))
}
