//! Prompts of tasks: templates become texts, names of files get their dates, and LoRAs that a prompt names become nodes.

use std::sync::Arc;

use proto::{
    comfy::{Catalog, Workflow},
    form::PoolClasses,
    limits,
    prompts::{
        LocalTime, PromptMistake, PromptPreview, PromptTemplate, TaskPrompts, add_loras, preview, resolve_file_names, resolve_recipe,
        resolve_workflow, templates_of,
    },
    recipe::{Field, TextToImage},
    submit::Refusal,
    task::Problem,
};

use crate::wildcards::{WildcardError, WildcardFolder};

pub struct Prompts {
    wildcards: WildcardFolder,
}

/// Why a preview of a template cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    #[error("{}", .0.message)]
    Mistake(PromptMistake),
    #[error(transparent)]
    Wildcard(WildcardError),
}

impl Prompts {
    pub fn new(wildcards: WildcardFolder) -> Self {
        Self { wildcards }
    }

    pub fn wildcards(&self) -> &WildcardFolder {
        &self.wildcards
    }

    /// What a template gives. `seed`: of the first sample; each other one has the next. Without one it is random.
    ///
    /// # Errors
    /// See [`PreviewError`].
    pub async fn preview(&self, text: String, seed: Option<u64>, samples: u32) -> Result<PromptPreview, PreviewError> {
        let mistake = |error: proto::prompts::PromptError| PreviewError::Mistake(error.mistake());
        let template = PromptTemplate::parse(&text).map_err(mistake)?;
        let wildcards = self.wildcards.for_templates(vec![text.clone()]).await.map_err(|error| match error {
            WildcardError::Value(error) => mistake(error),
            error => PreviewError::Wildcard(error),
        })?;
        let seed = seed.unwrap_or_else(new_prompt_seed);
        let samples = samples.min(limits::PROMPT_SAMPLES);
        // A template may have thousands of values.
        let made = tokio::task::spawn_blocking(move || preview(&text, &template, &wildcards, seed, samples)).await;
        made.map_err(|_| PreviewError::Wildcard(WildcardError::Stopping))?.map_err(mistake)
    }

    /// The built-in form with the texts of its prompts, and how they were made.
    ///
    /// # Errors
    /// A prompt is wrong, at its field.
    pub async fn of_recipe(&self, recipe: &TextToImage, seed: u64) -> Result<(TextToImage, TaskPrompts), Refusal> {
        let templates = vec![recipe.prompt.clone(), recipe.negative.clone()];
        let wildcards = self.wildcards.for_templates(templates).await;
        let wildcards = wildcards.map_err(|error| Refusal::new(vec![Field::Prompt.problem(error.to_string())]))?;
        resolve_recipe(recipe, &wildcards, seed).map_err(Refusal::new)
    }

    /// Replaces the templates of a workflow by their texts.
    ///
    /// # Errors
    /// A prompt is wrong, at its input.
    pub async fn of_workflow(&self, workflow: &mut Workflow, classes: &PoolClasses, seed: u64) -> Result<TaskPrompts, Refusal> {
        let wildcards = self.wildcards.for_templates(templates_of(workflow, classes)).await.map_err(|error| {
            let message = error.to_string();
            Refusal::new(vec![Problem { node: None, title: None, input: None, message }])
        })?;
        resolve_workflow(workflow, classes, &wildcards, seed).map_err(Refusal::new)
    }
}

/// The workflow of the built-in form, with nodes for the LoRAs that its prompts name.
///
/// # Errors
/// Nobody has such a LoRA.
pub fn recipe_workflow(recipe: &TextToImage, catalog: &Catalog, catalogs: &[Arc<Catalog>]) -> Result<Workflow, Refusal> {
    with_loras(recipe, |recipe| recipe.workflow_for(catalog), catalogs)
}

/// The same for another workflow of these fields.
///
/// # Errors
/// Nobody has such a LoRA.
pub fn with_loras(
    recipe: &TextToImage,
    workflow: impl Fn(&TextToImage) -> Workflow,
    catalogs: &[Arc<Catalog>],
) -> Result<Workflow, Refusal> {
    let classes = PoolClasses::for_workflow(&workflow(recipe), catalogs.iter().map(Arc::as_ref));
    add_loras(recipe, workflow, &classes).map_err(Refusal::new)
}

/// Names in the prefixes of files, as ComfyUI's page replaces them.
pub fn name_files(workflow: &mut Workflow, catalogs: &[Arc<Catalog>], prompts: &mut TaskPrompts) {
    let display_name = |class: &str| catalogs.iter().find_map(|catalog| catalog.class(class)).map(|class| class.display_name.clone());
    prompts.texts.append(&mut resolve_file_names(workflow, &display_name, local_time()));
}

fn local_time() -> LocalTime {
    let now = jiff::Zoned::now();
    LocalTime { year: now.year(), month: now.month(), day: now.day(), hour: now.hour(), minute: now.minute(), second: now.second() }
}

/// At most 2^53 − 1: JavaScript has no larger exact numbers.
pub fn new_prompt_seed() -> u64 {
    rand::random::<u64>() >> 11
}
