//! What is sent to ComfyUI for a submission: its workflow, with the templates of its prompts resolved.

use std::sync::Arc;

use super::error::SubmissionError;
use crate::{
    edits::{Edits, PlannedEdit},
    pool::Pool,
    prompts::{Prompts, name_files, new_prompt_seed, recipe_workflow},
    workflow_forms::{apply_form, classes},
};
use proto::{
    comfy::Workflow,
    edit::{EditRun, StartLine},
    prompts::TaskPrompts,
    recipe::{Field, TextToImage},
    run_warnings::RunWarning,
    submit::{Refusal, Submission},
};

/// Where the texts of its prompts come from.
#[derive(Clone, Debug, Default)]
pub enum PromptSource {
    /// Templates of forms are resolved with a new seed; a workflow that is no form is sent as it is.
    #[default]
    New,
    /// Templates are resolved with this seed, or a new one; also in a workflow.
    Templates(Option<u64>),
    /// Nothing is resolved, also no names in prefixes of files: a client of ComfyUI does that itself.
    Verbatim,
    /// They were resolved before: it is another run.
    Resolved(TaskPrompts),
}

/// What is sent to ComfyUI for a submission.
pub(super) struct CheckedSubmission {
    pub workflow: Workflow,
    /// With all texts, also those that are their templates.
    pub recipe: Option<TextToImage>,
    pub prompts: TaskPrompts,
    pub edit: Option<TaskEdit>,
    /// What is done in another way because node classes are missing.
    pub fallbacks: Vec<RunWarning>,
}

/// What a task keeps of an edit.
#[derive(Clone, Debug)]
pub struct TaskEdit {
    /// With its templates, and the size of the result. `None`: nothing is sampled.
    pub recipe: Option<TextToImage>,
    pub start: StartLine,
}

/// Makes what is sent to ComfyUI from a submission.
pub(super) struct SubmissionCheck {
    pub pool: Arc<Pool>,
    pub prompts: Arc<Prompts>,
    pub edits: Edits,
}

impl SubmissionCheck {
    /// # Errors
    /// [`SubmissionError::Refused`] names every problem; [`SubmissionError::Unavailable`] if a ComfyUI must be asked first.
    pub async fn run(&self, submission: &Submission, source: &PromptSource) -> Result<CheckedSubmission, SubmissionError> {
        let (mut checked, is_form) = match submission {
            Submission::TextToImage(recipe) => (self.checked_recipe(recipe, source).await?, false),
            Submission::Workflow { json, .. } => {
                let workflow = self.pool.open_text(json).await.map_err(SubmissionError::of_file)?.workflow;
                (CheckedSubmission::of(workflow), matches!(source, PromptSource::Templates(_)))
            }
            Submission::Form(run) => {
                let workflow = self.pool.open_text(&run.json).await.map_err(SubmissionError::of_file)?.workflow;
                let workflow = apply_form(&self.pool, &workflow, run).map_err(SubmissionError::Refused)?;
                (CheckedSubmission::of(workflow), true)
            }
            Submission::Edit(edit) => {
                let damaged = || SubmissionError::refused("This edit cannot be read. Reload the page, and send it again.".into());
                let run = edit.decode().ok_or_else(damaged)?;
                let resolved = self.prompts.of_recipe(&run.recipe, source.seed()).await;
                let (recipe, prompts) = resolved.map_err(SubmissionError::Refused)?;
                let template = run.recipe.clone();
                let run = EditRun { recipe, ..run };
                let planned = self.edits.workflow(&run).await?;
                let edit = TaskEdit::of(&run, template, &planned);
                let fallbacks = planned.fallbacks.into_iter().map(|note| RunWarning::Fallback { note }).collect();
                (CheckedSubmission { prompts, edit: Some(edit), fallbacks, ..CheckedSubmission::of(planned.workflow) }, false)
            }
        };
        let catalogs = self.pool.form_catalogs();
        if is_form {
            let classes = classes(&catalogs, &checked.workflow);
            let resolved = self.prompts.of_workflow(&mut checked.workflow, &classes, source.seed()).await;
            checked.prompts = resolved.map_err(SubmissionError::Refused)?;
        }
        if let PromptSource::Resolved(prompts) = source {
            checked.prompts = TaskPrompts { seed: prompts.seed, texts: prompts.prompts().cloned().collect() };
        }
        if !matches!(source, PromptSource::Verbatim) {
            name_files(&mut checked.workflow, &catalogs, &mut checked.prompts);
        }
        Ok(checked)
    }

    async fn checked_recipe(&self, recipe: &TextToImage, source: &PromptSource) -> Result<CheckedSubmission, SubmissionError> {
        let problems = recipe.problems();
        if !problems.is_empty() {
            return Err(SubmissionError::Refused(Refusal::new(problems)));
        }
        let (recipe, prompts) = match source {
            PromptSource::Resolved(prompts) => (recipe.with_texts(prompts), prompts.clone()),
            source => self.prompts.of_recipe(recipe, source.seed()).await.map_err(SubmissionError::Refused)?,
        };
        if recipe.prompt.trim().is_empty() {
            let problem = Field::Prompt.problem("With this choice nothing is left of the prompt: give every alternative some text.");
            return Err(SubmissionError::Refused(Refusal::new(vec![problem])));
        }
        let seats = self.pool.seats();
        let catalog = seats.into_iter().map(|seat| seat.catalog).find(|catalog| !catalog.is_empty()).unwrap_or_default();
        let workflow = recipe_workflow(&recipe, &catalog, &self.pool.form_catalogs()).map_err(SubmissionError::Refused)?;
        Ok(CheckedSubmission { recipe: Some(recipe), prompts, ..CheckedSubmission::of(workflow) })
    }
}

impl CheckedSubmission {
    fn of(workflow: Workflow) -> Self {
        Self { workflow, recipe: None, prompts: TaskPrompts::default(), edit: None, fallbacks: Vec::new() }
    }
}

impl TaskEdit {
    fn of(run: &EditRun, template: TextToImage, planned: &PlannedEdit) -> Self {
        let size = planned.plan.result;
        let recipe = run.edit.strength().map(|_| TextToImage { width: size.width, height: size.height, ..template });
        let edit = match &planned.mask {
            Some(mask) => run.edit.clone().with_mask(mask.clone()),
            None => run.edit.clone(),
        };
        Self { recipe, start: StartLine::of_edit(&EditRun { edit, ..run.clone() }, planned.source) }
    }
}

impl PromptSource {
    fn seed(&self) -> u64 {
        if let Self::Templates(Some(seed)) = self { *seed } else { new_prompt_seed() }
    }
}
