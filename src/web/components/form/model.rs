//! The state of the form. It lives as long as the page, so that going to a task and back loses nothing.

use leptos::{prelude::*, wasm_bindgen::JsValue};

use super::file::WorkflowFile;
use crate::components::dom;
use proto::{
    form::SeedControl,
    ids::NodeId,
    recipe::{Field, TextToImage},
    submit::{FormOptions, Refusal, Submission},
    task::Problem,
};

/// The two halves of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormKind {
    Text,
    Workflow,
}

impl FormKind {
    /// The value of the field `kind`.
    #[must_use]
    pub fn value(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Workflow => "workflow",
        }
    }

    /// The id of its radio button.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Text => "kind-text",
            Self::Workflow => "kind-workflow",
        }
    }
}

/// The id of the control of an input in the form of a workflow.
#[must_use]
pub fn input_id(node: &str, input: &str) -> String {
    format!("input-{node}.{input}")
}

/// The context. Cheap to copy; get it with [`use_form`].
#[derive(Clone, Copy)]
pub struct FormModel {
    pub(super) values: [RwSignal<String>; Field::ALL.len()],
    pub kind: RwSignal<FormKind>,
    /// Each task gets a seed of its own.
    pub new_seed: RwSignal<bool>,
    /// The seed is that of a picture whose settings were used again.
    pub reused_seed: RwSignal<bool>,
    pub file: RwSignal<Option<WorkflowFile>>,
    /// Changed values of the workflow's form, by the text of their keys.
    pub inputs: RwSignal<Vec<(String, String)>>,
    /// Nodes of the workflow that are switched off.
    pub off: RwSignal<Vec<String>>,
    /// Output nodes of the workflow whose results are not wanted.
    pub unwanted: RwSignal<Vec<String>>,
    /// What becomes of a seed after a run, where a person chose it: key and word.
    pub seeds: RwSignal<Vec<(String, String)>>,
    /// How the form of the workflow is arranged, and its changed lists of LoRAs, as JSON: the code of that form reads them. Empty: as it is.
    pub arrangement: RwSignal<String>,
    pub loras: RwSignal<String>,
    /// Counts the accepted submissions.
    pub sent: RwSignal<u32>,
    pub refusal: RwSignal<Option<Refusal>>,
    pub sending: RwSignal<bool>,
    pub options: RwSignal<FormOptions>,
    /// The picture that the task starts from, as the text of a [`StartLine`](proto::edit::StartLine). Empty: from text alone.
    pub start: RwSignal<String>,
    /// How much of it is redrawn, as it was typed.
    pub strength: RwSignal<String>,
    /// Makes the submission with that picture; not there before its code is loaded.
    pub with_start: StoredValue<Option<SubmissionMaker>>,
    /// Opens a file that was chosen or dropped.
    pub open: StoredValue<Option<FileOpener>>,
    /// A file is being opened.
    pub opening: RwSignal<bool>,
    /// The form was sent meanwhile.
    pub(super) send_opened: StoredValue<bool>,
    /// What is shown above the fields: the settings that another program wrote into a picture.
    pub notice: RwSignal<Option<ViewFn>>,
}

type FileOpener = fn(FormModel, JsValue);

type SubmissionMaker = fn(FormModel) -> Result<Submission, Refusal>;

/// The form of this page.
///
/// # Panics
/// Outside of the app, where none is provided: a programming error.
#[must_use]
pub fn use_form() -> FormModel {
    expect_context()
}

impl FormModel {
    /// The text in a field, as it was typed.
    #[must_use]
    pub fn value(&self, field: Field) -> RwSignal<String> {
        self.values[field as usize]
    }

    /// Changes the text of a field, and removes its problem.
    pub fn edit(&self, field: Field, text: String) {
        self.value(field).set(text);
        if self.refusal.with_untracked(|refusal| refusal.as_ref().is_some_and(|refusal| refusal.at(field).is_some())) {
            self.refusal.update(|refusal| {
                if let Some(mut kept) = refusal.take() {
                    kept.problems.retain(|problem| Field::of(problem) != Some(field));
                    *refusal = (!kept.problems.is_empty()).then(|| Refusal::new(kept.problems));
                }
            });
        }
    }

    /// Takes another file, or none. Changes of the form of the one before go with it.
    pub fn choose_file(&self, file: Option<WorkflowFile>) {
        for changes in [self.inputs, self.seeds] {
            changes.set(Vec::new());
        }
        self.arrangement.set(String::new());
        self.loras.set(String::new());
        self.off.set(Vec::new());
        self.unwanted.set(Vec::new());
        self.refusal.set(None);
        self.file.set(file);
    }

    /// Removes the problem of an input that was changed.
    pub fn forget_problem(&self, node: &NodeId, input: &str) {
        let is_it = |problem: &Problem| problem.node.as_ref() == Some(node) && problem.input.as_deref() == Some(input);
        if self.refusal.with_untracked(|refusal| refusal.as_ref().is_some_and(|refusal| refusal.problems.iter().any(is_it))) {
            self.refusal.update(|refusal| {
                if let Some(mut kept) = refusal.take() {
                    kept.problems.retain(|problem| !is_it(problem));
                    *refusal = (!kept.problems.is_empty()).then(|| Refusal::new(kept.problems));
                }
            });
        }
    }

    /// What becomes of this seed after a run, if a person chose it.
    #[must_use]
    pub fn seed_control(&self, key: &str) -> Option<SeedControl> {
        self.seeds.with(|seeds| seeds.iter().find(|(seed, _)| seed == key).and_then(|(_, word)| word.parse().ok()))
    }

    pub fn set_seed_control(&self, key: &str, control: SeedControl) {
        self.seeds.update(|seeds| {
            seeds.retain(|(seed, _)| seed != key);
            seeds.push((key.to_owned(), <&str>::from(control).to_owned()));
        });
    }

    /// Fills the form with the settings of a task, including its seed.
    pub fn fill(&self, recipe: &TextToImage) {
        for field in Field::ALL {
            self.value(field).set(recipe.field(field));
        }
        self.kind.set(FormKind::Text);
        self.new_seed.set(false);
        self.reused_seed.set(true);
        self.refusal.set(None);
        dom::focus(Field::Prompt.name());
    }

    /// The problem of a field.
    #[must_use]
    pub fn problem(&self, field: Field) -> Option<String> {
        let of_text = self.kind.get() == FormKind::Text;
        self.refusal.with(|refusal| refusal.as_ref().filter(|_| of_text)?.at(field).map(str::to_owned))
    }

    /// The problems that belong to no field: a message and details.
    #[must_use]
    pub fn general_problems(&self) -> Option<(String, Vec<Problem>)> {
        let of_text = self.kind.get() == FormKind::Text;
        let refusal = self.refusal.get()?;
        let placed = |problem: &Problem| of_text && Field::of(problem).is_some();
        let all_placed = !refusal.problems.is_empty() && refusal.problems.iter().all(placed);
        let rest = refusal.problems.into_iter().filter(|problem| !placed(problem));
        // A problem that repeats the message is left out.
        let rest: Vec<Problem> = rest.filter(|problem| problem.message != refusal.message || problem.node.is_some()).collect();
        (!all_placed).then_some((refusal.message, rest))
    }

    /// The submission as the form describes it.
    ///
    /// # Errors
    /// What can be found wrong in the browser.
    pub fn submission(&self) -> Result<Submission, Refusal> {
        match self.kind.get_untracked() {
            FormKind::Text if self.start.with_untracked(|start| !start.is_empty()) => match self.with_start.get_value() {
                Some(make) => make(*self),
                None => Err(Refusal {
                    message: "The picture to start from is still being opened. Try again in a moment.".into(),
                    problems: Vec::new(),
                }),
            },
            FormKind::Text => {
                let texts = Field::ALL.map(|field| self.value(field).get_untracked());
                TextToImage::from_fields(|field| &texts[field as usize]).map(Submission::TextToImage).map_err(Refusal::new)
            }
            FormKind::Workflow => match self.file.get_untracked() {
                Some(file) => file.submission(
                    self.inputs.get_untracked(),
                    self.off.get_untracked(),
                    self.unwanted.get_untracked(),
                    self.loras.get_untracked(),
                    self.arrangement.get_untracked(),
                ),
                None => Err(Refusal { message: "Choose a workflow file first.".into(), problems: Vec::new() }),
            },
        }
    }
}
