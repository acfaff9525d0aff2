//! The submission of a task and why it is refused: the same for pages, forms without JavaScript, and programs.

use serde::{Deserialize, Serialize};

use super::{
    edit::{EditField, EditRun},
    form::{Arrangement, Form},
    ids::{NodeId, WorkflowId},
    recipe::{Field, TextToImage},
    task::Problem,
};

/// The request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Submission {
    TextToImage(TextToImage),
    /// Any API-format workflow, as the text of its file.
    Workflow {
        name: String,
        json: String,
    },
    /// The same with what was changed in its form.
    Form(FormRun),
    /// An edit of a stored picture.
    Edit(EncodedEdit),
}

/// An edit of a picture as bytes (postcard): pages that make none need not contain the code that reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncodedEdit {
    /// The name of its task.
    pub name: String,
    bytes: Vec<u8>,
}

impl EncodedEdit {
    #[must_use]
    pub fn of(run: &EditRun) -> Self {
        let name = if run.recipe.prompt.trim().is_empty() { run.edit.verb().to_owned() } else { run.recipe.name() };
        // It cannot fail: a list grows, and every type in an edit can be encoded.
        Self { name, bytes: postcard::to_allocvec(run).unwrap_or_default() }
    }

    /// `None`: these are not the bytes of an edit.
    #[must_use]
    pub fn decode(&self) -> Option<EditRun> {
        postcard::from_bytes(&self.bytes).ok()
    }
}

/// What a page shows before an edit is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditFacts {
    /// The upscale models of all ComfyUIs.
    pub upscalers: Vec<String>,
    /// How long such tasks took, in milliseconds. `None`: there was none.
    pub usual_ms: Option<u32>,
}

/// A workflow and the changes of its form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FormRun {
    pub name: String,
    /// The text of its file.
    pub json: String,
    /// Changed values as text, by the text of their [`FieldKey`](super::form::FieldKey).
    pub inputs: Vec<(String, String)>,
    /// Nodes that are switched off.
    pub off: Vec<NodeId>,
    /// Output nodes whose results are not wanted.
    pub unwanted: Vec<NodeId>,
    /// Its lists of LoRAs that were changed, as JSON of [`LoraChange`](super::form::LoraChange)s: the code of the first page need not know them.
    /// Empty: none was.
    #[serde(default)]
    pub loras: String,
    /// How its form is arranged, as JSON of an [`Arrangement`]: fields that are linked get one value. Empty: as Darkroom makes it.
    #[serde(default)]
    pub arrangement: String,
}

/// Why a task was not accepted: the reasons, and the inputs they belong to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    pub message: String,
    pub problems: Vec<Problem>,
}

impl Refusal {
    #[must_use]
    pub fn new(problems: Vec<Problem>) -> Self {
        let message = match problems.as_slice() {
            [one] => one.message.clone(),
            many => format!("{} things need another look.", many.len()),
        };
        Self { message, problems }
    }

    /// The message that belongs at `field` of the built-in form.
    #[must_use]
    pub fn at(&self, field: Field) -> Option<&str> {
        self.problems.iter().find(|problem| Field::of(problem) == Some(field)).map(|problem| problem.message.as_str())
    }

    /// The message that belongs at this value of an edit.
    #[must_use]
    pub fn at_edit(&self, field: EditField) -> Option<String> {
        let is_it = |problem: &&Problem| problem.node.is_none() && problem.input.as_deref() == Some(field.name());
        self.problems.iter().find(is_it).map(|problem| problem.message.clone())
    }
}

impl Submission {
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::TextToImage(recipe) => recipe.name(),
            Self::Edit(edit) => edit.name.clone(),
            Self::Workflow { name, .. } | Self::Form(FormRun { name, .. }) => {
                let name: String = name.chars().filter(|c| !c.is_control()).collect();
                let name = name.trim().trim_end_matches(".json").trim();
                if name.is_empty() { "Workflow".into() } else { name.to_owned() }
            }
        }
    }
}

/// A workflow file as the server opened it, for a page that cannot: see `workflow_file`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OpenedFile {
    /// The workflow in API format.
    pub json: String,
    /// Notes on what was left out or replaced, for people.
    pub notes: Vec<String>,
    /// How its author arranged the form, for the App mode of ComfyUI's page.
    pub arrangement: Arrangement,
    /// Output nodes that its author did not choose.
    pub unwanted: Vec<NodeId>,
    /// The file holds no workflow, but what another program wrote about how it made the picture. Then `json` is empty.
    pub settings: Option<TakenSettings>,
}

/// The settings of another program as the built-in form takes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenSettings {
    /// The program, for people.
    pub program: String,
    /// The fields that get a value, and their texts.
    pub fields: Vec<(Field, String)>,
    /// What is not taken over.
    pub skipped: Vec<SkippedSetting>,
}

/// A setting that the form does not take over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedSetting {
    pub name: String,
    /// As the other program wrote it.
    pub value: String,
    /// The reason, for people.
    pub why: String,
    /// What a person can choose in its place, the most similar first.
    pub instead: Vec<SettingChoice>,
}

/// A text for a field: the prompt gets it added, others are replaced by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingChoice {
    /// Its name, for people.
    pub label: String,
    pub field: Field,
    pub text: String,
}

/// The form of a workflow, for a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkflowForm {
    pub form: Form,
    /// How many nodes the workflow has.
    pub nodes: u32,
    /// The first of them in the order of execution: title and class.
    pub listed: Vec<(String, String)>,
}

/// A saved workflow in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedWorkflowName {
    pub id: WorkflowId,
    pub name: String,
    /// Counts its changes. Who changes it names the one that was read.
    pub revision: u32,
    /// Counts the versions of the workflow itself, from 1.
    pub version: u32,
}

/// A saved workflow for a page's form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenedSavedWorkflow {
    pub saved: SavedWorkflowName,
    /// In API format.
    pub json: String,
    /// Nodes that are switched off.
    pub off: Vec<NodeId>,
    /// Output nodes whose results are not wanted.
    pub unwanted: Vec<NodeId>,
    pub arrangement: Arrangement,
}

/// A workflow to be saved, with what was changed in its form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowToSave {
    /// Its name, and the workflow with the changes that are to be saved in it.
    pub run: FormRun,
    /// What becomes of seeds after a run, where a person chose it: key and word.
    pub seeds: Vec<(String, String)>,
    /// The saved workflow of which this becomes the next version, and the revision that was read. `None`: a new one.
    pub replaces: Option<(WorkflowId, u32)>,
}

/// The choices of the built-in form, from the `/object_info` of the ComfyUI that will run it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FormOptions {
    pub checkpoints: Vec<String>,
    pub samplers: Vec<String>,
    pub schedulers: Vec<String>,
    /// False until a ComfyUI was reached; until then the lists are empty.
    pub known: bool,
}
