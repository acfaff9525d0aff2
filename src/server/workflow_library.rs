//! Saved workflows: each with the form that people arranged for it, in versions.

use std::sync::Arc;

use proto::{
    comfy::Workflow,
    form::{
        FieldInput, FieldKey, Form, LoraChain, LoraChange, LoraEntry, Overlay, SeedControl, Unmatched, apply, change_loras, keep_loras,
        lora_chains, schema,
    },
    ids::WorkflowId,
    limits,
    submit::{OpenedSavedWorkflow, Refusal, SavedWorkflowName, WorkflowToSave},
    task::Problem,
    time::Timestamp,
    workflow_file::FileError,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    clock::now,
    pool::Pool,
    store::{NewVersion, SavedWorkflow, SavedWorkflowHead, Store, StoreError, WorkflowChange, WorkflowChanged},
    workflow_forms::{arrangement_of, choose_parts, classes, leave_loras_on, lora_changes, set_form_values, trim},
};

/// Why a saved workflow cannot be read, changed or run.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("There is no such workflow, or not in this version.")]
    Unknown,
    /// With how it is now.
    #[error("It was changed meanwhile: it is at revision {}. Read it again, and repeat the change.", .0.revision)]
    Conflict(Box<SavedWorkflowHead>),
    #[error("There are {} saved workflows already, which is the most. Remove some first.", limits::SAVED_WORKFLOWS)]
    Full,
    #[error("A name has 1 to {} characters, and no control characters.", limits::NAME)]
    Name,
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{}", .0.message)]
    Refused(Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored was damaged, or is of a newer Darkroom.
    #[error("What is stored of this workflow cannot be read.")]
    Damaged,
}

/// A change of a saved workflow. `None`: stays as it is.
#[derive(Clone, Debug, Default)]
pub struct WorkflowEdit {
    pub name: Option<String>,
    pub form: Option<Overlay>,
    /// A new version, as the text of a file.
    pub workflow: Option<String>,
}

/// A saved workflow, read.
#[derive(Clone, Debug)]
pub struct LibraryWorkflow {
    pub saved: SavedWorkflow,
    pub workflow: Workflow,
    pub overlay: Overlay,
}

pub struct WorkflowLibrary {
    store: Store,
    pool: Arc<Pool>,
}

impl WorkflowLibrary {
    pub fn new(store: Store, pool: Arc<Pool>) -> Self {
        Self { store, pool }
    }

    /// Saves the workflow in this file under a name.
    ///
    /// # Errors
    /// `Name`, `Full`, `File` or `Store`.
    pub async fn save(&self, name: String, json: &str, form: Overlay) -> Result<SavedWorkflowHead, LibraryError> {
        check_name(&name)?;
        let workflow = self.pool.open_text(json).await?.workflow;
        let content = content(&workflow, form)?;
        let id = WorkflowId(Uuid::now_v7());
        self.store.save_workflow(id, name, content, now()).await?.ok_or(LibraryError::Full)
    }

    /// All, the one changed last first.
    ///
    /// # Errors
    /// `Store`.
    pub async fn list(&self) -> Result<Vec<SavedWorkflowHead>, LibraryError> {
        Ok(self.store.saved_workflows().await?)
    }

    /// One in this version, or its newest.
    ///
    /// # Errors
    /// `Unknown`, `Damaged` or `Store`.
    pub async fn get(&self, id: WorkflowId, version: Option<u32>) -> Result<LibraryWorkflow, LibraryError> {
        let saved = self.store.saved_workflow(id, version).await?.ok_or(LibraryError::Unknown)?;
        let workflow = serde_json::from_str(&saved.content.workflow).map_err(|_| LibraryError::Damaged)?;
        let overlay = serde_json::from_str(&saved.content.form).map_err(|_| LibraryError::Damaged)?;
        Ok(LibraryWorkflow { saved, workflow, overlay })
    }

    /// Its versions with their times, newest first.
    ///
    /// # Errors
    /// `Store`.
    pub async fn versions(&self, id: WorkflowId) -> Result<Vec<(u32, Timestamp)>, LibraryError> {
        Ok(self.store.workflow_versions(id).await?)
    }

    /// Changes it, if nobody did since `revision`. A new version keeps the form; returns also what of that no longer fits.
    ///
    /// # Errors
    /// See [`LibraryError`].
    pub async fn change(
        &self,
        id: WorkflowId,
        revision: u32,
        edit: WorkflowEdit,
    ) -> Result<(SavedWorkflowHead, Vec<Unmatched>), LibraryError> {
        let WorkflowEdit { name, form, workflow } = edit;
        name.as_deref().map_or(Ok(()), check_name)?;
        let current = self.get(id, None).await?;
        let mut overlay = form.clone().unwrap_or(current.overlay);
        let mut change = WorkflowChange { name, ..WorkflowChange::default() };
        if let Some(json) = workflow {
            let workflow = self.pool.open_text(&json).await?.workflow;
            overlay = overlay.carry_to(&workflow);
            change.version = Some(content(&workflow, overlay.clone())?);
        } else if form.is_some() {
            overlay.mark(&current.workflow);
            change.form = Some(serde_json::to_string(&overlay).map_err(|_| LibraryError::Damaged)?);
        }
        match self.store.change_workflow(id, revision, change, now()).await? {
            WorkflowChanged::Done(head) => Ok((head, overlay.unmatched)),
            WorkflowChanged::Conflict(head) => Err(LibraryError::Conflict(Box::new(head))),
            WorkflowChanged::Unknown => Err(LibraryError::Unknown),
        }
    }

    /// Removes it with all its versions. Its tasks stay.
    ///
    /// # Errors
    /// `Unknown` or `Store`.
    pub async fn remove(&self, id: WorkflowId) -> Result<(), LibraryError> {
        if self.store.remove_workflow(id).await? { Ok(()) } else { Err(LibraryError::Unknown) }
    }

    /// A saved workflow for a page's form.
    ///
    /// # Errors
    /// As [`WorkflowLibrary::get`].
    pub async fn open(&self, id: WorkflowId) -> Result<OpenedSavedWorkflow, LibraryError> {
        let saved = self.get(id, None).await?;
        let form = self.form(&saved);
        let unwanted = form.outputs.into_iter().filter(|output| !output.chosen).map(|output| output.node).collect();
        let off = form.stages.into_iter().filter(|stage| !stage.on).map(|stage| stage.node).collect();
        let arrangement = saved.overlay.arrangement();
        Ok(OpenedSavedWorkflow { json: saved.saved.content.workflow, off, unwanted, arrangement, saved: name_of(saved.saved.head) })
    }

    /// Saves a workflow with what was changed in its form: as a new one, or as the next version of one.
    ///
    /// # Errors
    /// See [`LibraryError`].
    pub async fn save_from_page(&self, page: WorkflowToSave) -> Result<SavedWorkflowHead, LibraryError> {
        let WorkflowToSave { run, seeds, replaces } = page;
        let name = run.name.trim().to_owned();
        let workflow = self.pool.open_text(&run.json).await?.workflow;
        let classes = classes(&self.pool.form_catalogs(), &workflow);
        let arrangement = arrangement_of(&run).map_err(LibraryError::Refused)?;
        let workflow = set_form_values(&workflow, &classes, &run, &arrangement).map_err(LibraryError::Refused)?;
        let changes = lora_changes(&run.loras).map_err(LibraryError::Refused)?;
        let mut overlay = match replaces {
            Some((id, _)) => self.get(id, None).await?.overlay.carry_to(&workflow),
            None => Overlay::default(),
        };
        for (key, word) in seeds {
            if let (Ok(key), Ok(control)) = (key.parse(), word.parse()) {
                overlay.field(&key).seed = Some(control);
            }
        }
        overlay.set_arrangement(arrangement);
        choose_parts(&mut overlay, &workflow, &classes, &run);
        leave_loras_on(&mut overlay, &changes);
        let kept = keep_loras(&workflow, &classes, &changes);
        let (workflow, off) = kept.map_err(|problems| LibraryError::Refused(Refusal::new(problems)))?;
        overlay.off.extend(off);
        let json = serde_json::to_string(&workflow).map_err(|_| LibraryError::Damaged)?;
        match replaces {
            None => self.save(name, &json, overlay).await,
            Some((id, revision)) => {
                let edit = WorkflowEdit { name: Some(name), form: Some(overlay), workflow: Some(json) };
                Ok(self.change(id, revision, edit).await?.0)
            }
        }
    }

    /// Its form as people arranged it.
    #[must_use]
    pub fn form(&self, saved: &LibraryWorkflow) -> Form {
        let mut form = Form::of(&saved.workflow, &classes(&self.pool.form_catalogs(), &saved.workflow));
        form.arrange(&saved.overlay);
        form
    }

    /// The JSON Schema of the inputs of a run.
    #[must_use]
    pub fn schema(&self, saved: &LibraryWorkflow) -> Value {
        let mut schema = schema(&self.form(saved));
        if let Some(members) = schema.as_object_mut() {
            members.insert("title".into(), saved.saved.head.name.clone().into());
        }
        schema
    }

    /// The workflow of a run with these inputs and lists of LoRAs. Seeds that are to be new for each run, and are not given, get a random value: with
    /// the same one ComfyUI would give back the earlier results.
    ///
    /// # Errors
    /// `Refused`, with one problem per input and LoRA.
    pub fn run(&self, saved: &LibraryWorkflow, inputs: Map<String, Value>, loras: Vec<LoraList>) -> Result<Workflow, LibraryError> {
        let LibraryWorkflow { workflow, overlay, .. } = saved;
        let classes = classes(&self.pool.form_catalogs(), workflow);
        let mut inputs: Vec<(String, FieldInput)> = inputs.into_iter().map(|(key, value)| (key, FieldInput::Json(value))).collect();
        for field in self.form(saved).fields {
            let is_given = |key: &FieldKey| inputs.iter().any(|(given, _)| *given == key.to_string());
            let linked = overlay.linked.iter().find(|keys| keys.contains(&field.key));
            let key = field.key.to_string();
            if field.seed == Some(SeedControl::Random)
                && linked.is_none_or(|keys| keys.first() == Some(&field.key) && !keys.iter().any(is_given))
                && !is_given(&field.key)
                && let Some(value) = field.next_value(SeedControl::Random, &field.value, rand::random())
            {
                inputs.push((key, FieldInput::Text(value)));
            }
        }
        let refused = |problems: Vec<Problem>| LibraryError::Refused(Refusal::new(problems));
        let inputs = overlay.spread(workflow, inputs);
        let workflow = apply(workflow, &classes, inputs.iter().map(|(key, input)| (key.as_str(), input))).map_err(refused)?;
        let changes = changes_of(loras, lora_chains(&workflow, &classes)).map_err(refused)?;
        let changed = change_loras(&workflow, &classes, &changes);
        let workflow = changed.map_err(|problems| refused(problems.into_iter().map(without_place).collect()))?.workflow;
        let mut overlay = overlay.clone();
        leave_loras_on(&mut overlay, &changes);
        trim(&overlay, &workflow, &classes).map_err(LibraryError::Refused)
    }
}

/// A list of LoRAs of a run, in place of one of the workflow.
pub struct LoraList {
    /// The place of that list in the workflow, from 0.
    pub list: usize,
    /// Without their nodes. Without a strength of its own for the text encoder it is the same, where the list changes one.
    pub entries: Vec<LoraEntry>,
}

/// A LoRA that the list has already keeps its node.
fn changes_of(lists: Vec<LoraList>, chains: Vec<LoraChain>) -> Result<Vec<LoraChange>, Vec<Problem>> {
    let change = |LoraList { list, entries }: LoraList| {
        let count = chains.len();
        let message = || format!("The workflow has no list {list} of LoRAs: it has {count}, the first one is 0.");
        let problem = || vec![Problem { node: None, title: None, input: None, message: message() }];
        let chain = chains.get(list).cloned().ok_or_else(problem)?;
        let mut known = chain.entries.clone();
        let matched = |mut entry: LoraEntry| {
            if let Some(at) = known.iter().position(|known| known.file == entry.file) {
                entry.node = known.remove(at).node;
            }
            if chain.clip.is_some() && entry.clip_strength.is_none() {
                entry.clip_strength = Some(entry.strength.clone());
            }
            entry
        };
        let entries = entries.into_iter().map(matched).collect();
        Ok(LoraChange { chain, entries })
    };
    lists.into_iter().map(change).collect()
}

/// A program does not know the nodes that LoRAs get.
fn without_place(problem: Problem) -> Problem {
    let message = match &problem.title {
        Some(file) => format!("The LoRA \"{file}\": {}", problem.message),
        None => problem.message,
    };
    Problem { node: None, title: None, input: None, message }
}

/// For the list of a page.
pub fn name_of(head: SavedWorkflowHead) -> SavedWorkflowName {
    SavedWorkflowName { id: head.id, name: head.name, revision: head.revision, version: head.version }
}

fn check_name(name: &str) -> Result<(), LibraryError> {
    let fits = !name.trim().is_empty() && name.chars().count() <= limits::NAME && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(LibraryError::Name) }
}

fn content(workflow: &Workflow, mut form: Overlay) -> Result<NewVersion, LibraryError> {
    form.mark(workflow);
    let json = |text: Result<String, serde_json::Error>| text.map_err(|_| LibraryError::Damaged);
    Ok(NewVersion { workflow: json(serde_json::to_string(workflow))?, source: None, form: json(serde_json::to_string(&form))? })
}
