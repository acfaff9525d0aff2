//! The form of any workflow, and its runs: with the node classes of all ComfyUIs of the pool.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use proto::{
    comfy::{Catalog, Workflow},
    form::{
        AppMode, Arrangement, FieldInput, FieldKey, Form, LoraChange, NO_OUTPUT, Overlay, PartChanges, PoolClasses, apply, change_loras,
    },
    submit::{FormRun, Refusal, WorkflowForm},
    task::Problem,
    workflow_file::{self, OpenedWorkflow},
};

use crate::pool::Pool;

/// Nodes listed before the list says "and more".
const LISTED: usize = 40;

/// The form of the workflow in this file, with all that people changed of it but the arrangement of its fields.
///
/// # Errors
/// What the file is instead, for people.
pub fn form_of(catalogs: &[Arc<Catalog>], json: &str, overlay: &Overlay) -> Result<WorkflowForm, String> {
    let opened = workflow_file::open_text(json).and_then(|opened| opened.convert(catalogs)).map_err(|error| error.to_string())?;
    let workflow = opened.workflow;
    let mut form = Form::of(&workflow, &classes(catalogs, &workflow));
    let mut overlay = overlay.clone();
    // What a page saved last may have nodes that are new since it opened the file.
    overlay.off.retain(|node| workflow.0.contains_key(node));
    form.set_parts(&overlay);
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
pub fn apply_form(pool: &Pool, workflow: &Workflow, run: &FormRun) -> Result<Workflow, Refusal> {
    let classes = classes(&pool.form_catalogs(), workflow);
    let workflow = set_form_values(workflow, &classes, run, &arrangement_of(run)?)?;
    let mut overlay = Overlay::default();
    choose_parts(&mut overlay, &workflow, &classes, run);
    if overlay.outputs.as_ref().is_some_and(BTreeSet::is_empty) {
        return Err(refused(NO_OUTPUT.into()));
    }
    let changes = lora_changes(&run.loras)?;
    leave_loras_on(&mut overlay, &changes);
    let workflow = change_loras(&workflow, &classes, &changes).map_err(Refusal::new)?.workflow;
    trim(&overlay, &workflow, &classes)
}

/// The changed lists of LoRAs, as a page sends them.
///
/// # Errors
/// It is not JSON of them.
pub fn lora_changes(json: &str) -> Result<Vec<LoraChange>, Refusal> {
    if json.is_empty() {
        return Ok(Vec::new());
    }
    let changes: Vec<LoraChange> =
        serde_json::from_str(json).map_err(|_| refused("The lists of LoRAs cannot be read. Reload the page, and send it again.".into()))?;
    let mut entries = changes.iter().flat_map(|change| &change.entries);
    if entries.any(|entry| entry.on && entry.file.is_empty()) {
        return Err(refused("Choose a file for each new LoRA, or remove it.".into()));
    }
    Ok(changes)
}

/// Which LoRAs of a changed list are off, the list says.
pub fn leave_loras_on(overlay: &mut Overlay, changes: &[LoraChange]) {
    for node in changes.iter().flat_map(|change| &change.chain.entries).filter_map(|entry| entry.node.as_ref()) {
        overlay.off.remove(node);
    }
}

/// What the parts that are off and the results that are not wanted change.
pub fn part_changes(catalogs: &[Arc<Catalog>], workflow: &Workflow, run: &FormRun) -> PartChanges {
    let classes = classes(catalogs, workflow);
    let mut overlay = Overlay::default();
    choose_parts(&mut overlay, workflow, &classes, run);
    let changes = lora_changes(&run.loras).unwrap_or_default();
    leave_loras_on(&mut overlay, &changes);
    // What is wrong in the lists is said when the run is sent.
    let with_loras = change_loras(workflow, &classes, &changes).map(|changed| changed.workflow);
    overlay.part_changes(with_loras.as_ref().unwrap_or(workflow), &classes)
}

/// The form that the author of a file chose for the App mode of ComfyUI's page.
pub fn app_mode(catalogs: &[Arc<Catalog>], opened: &OpenedWorkflow) -> AppMode {
    if opened.linear_data.is_null() {
        return AppMode::default();
    }
    let form = Form::of(&opened.workflow, &classes(catalogs, &opened.workflow));
    AppMode::of(&opened.workflow, &form, &opened.linear_data)
}

/// How the form of a run is arranged, as a page sends it.
///
/// # Errors
/// It is not JSON of that.
pub fn arrangement_of(run: &FormRun) -> Result<Arrangement, Refusal> {
    if run.arrangement.is_empty() {
        return Ok(Arrangement::default());
    }
    let wrong = |_| refused("The arrangement of the form cannot be read. Reload the page, and send it again.".into());
    serde_json::from_str(&run.arrangement).map_err(wrong)
}

/// The workflow with the values of its form. Linked fields get that of the first one, whatever their own were changed to.
///
/// # Errors
/// The problems, each at its input.
pub fn set_form_values(workflow: &Workflow, classes: &PoolClasses, run: &FormRun, arrangement: &Arrangement) -> Result<Workflow, Refusal> {
    let overlay = Overlay { linked: arrangement.linked.clone(), ..Overlay::default() };
    let followers: HashSet<String> = overlay.followers().map(ToString::to_string).collect();
    let own = run.inputs.iter().filter(|(key, _)| !followers.contains(key));
    let inputs = overlay.spread(workflow, own.map(|(key, text)| (key.clone(), FieldInput::Text(text.clone()))));
    // What was changed at a node that is switched off does not matter.
    let is_off = |key: &str| key.parse().is_ok_and(|key: FieldKey| run.off.contains(&key.node));
    let inputs = inputs.iter().filter(|(key, _)| !is_off(key));
    apply(workflow, classes, inputs.map(|(key, input)| (key.as_str(), input))).map_err(Refusal::new)
}

/// The workflow with these values, given as text.
///
/// # Errors
/// The problems, each at its input.
pub fn set_values<'i>(
    workflow: &Workflow,
    classes: &PoolClasses,
    inputs: impl IntoIterator<Item = &'i (String, String)>,
) -> Result<Workflow, Refusal> {
    let inputs: Vec<(&str, FieldInput)> = inputs.into_iter().map(|(key, text)| (key.as_str(), FieldInput::Text(text.clone()))).collect();
    apply(workflow, classes, inputs.iter().map(|(key, input)| (*key, input))).map_err(Refusal::new)
}

/// Which parts are off, and which results are wanted.
pub fn choose_parts(overlay: &mut Overlay, workflow: &Workflow, classes: &PoolClasses, run: &FormRun) {
    overlay.off = run.off.iter().cloned().collect();
    let outputs = || Form::of(workflow, classes).outputs.into_iter().map(|output| output.node);
    overlay.outputs = (!run.unwanted.is_empty()).then(|| outputs().filter(|node| !run.unwanted.contains(node)).collect());
}

/// The workflow without the parts that are off and the results that are not wanted.
///
/// # Errors
/// A part cannot be switched off.
pub fn trim(overlay: &Overlay, workflow: &Workflow, classes: &PoolClasses) -> Result<Workflow, Refusal> {
    overlay.trim(workflow, classes).map(|trimmed| trimmed.workflow).map_err(|error| refused(error.to_string()))
}

fn refused(message: String) -> Refusal {
    Refusal::new(vec![Problem { node: None, title: None, input: None, message }])
}

/// The classes that a workflow needs, over these catalogs.
pub fn classes(catalogs: &[Arc<Catalog>], workflow: &Workflow) -> PoolClasses {
    PoolClasses::for_workflow(workflow, catalogs.iter().map(Arc::as_ref))
}
