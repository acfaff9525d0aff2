//! What a new take is made with: the workflow that a quality runs, with its values, its prompt and its seed.

use proto::{
    form::{Form, FormField, Role, SeedControl},
    ids::WorkflowId,
    limits,
    production::{FieldProblem, GenerateRequest, Project, ProjectFields, QualityLevel, SeedNumber, check_overrides},
    recipe::{Field, TextToImage},
    submit::{Refusal, Submission},
};
use serde_json::{Map, Value};

use super::{
    generate_error::GenerateError,
    library::Productions,
    take_values::{Wanted, fields_named, lora_list, lora_tags, prompt_fields, text_of},
};
use crate::{
    store::GenerationSources,
    submissions::{PromptSource, SubmissionError},
};

/// What is submitted for a take, and what the take keeps of it.
pub(super) struct TakeRun {
    pub submission: Submission,
    pub prompts: PromptSource,
    pub seed: Option<u64>,
    pub metadata: Map<String, Value>,
    /// Problems point to `parameters` of the request.
    pub is_built_in: bool,
    pub notes: Vec<String>,
}

/// How a take is to be made. A redo in another workflow has it of the earlier take.
pub(super) struct RunOrder<'a> {
    pub sources: &'a GenerationSources,
    pub level: &'a QualityLevel,
    /// The one that runs; `None`: the built-in one.
    pub workflow: Option<WorkflowId>,
    pub parameters: &'a Map<String, Value>,
    pub seed: Option<u64>,
}

/// At most 2^53 − 1, so that ComfyUI's editor has it exactly, too.
pub(super) fn new_seed() -> u64 {
    rand::random::<u64>() >> 11
}

impl RunOrder<'_> {
    /// What the take says of how it was made: what a redo goes by.
    fn metadata(&self, version: Option<u32>) -> Map<String, Value> {
        let name = self.workflow.map_or_else(|| "text-to-image".to_owned(), |id| id.to_string());
        let mut metadata = Map::from_iter([("workflow".to_owned(), name.into())]);
        if let Some(version) = version {
            metadata.insert("workflow_version".into(), version.into());
        }
        for (name, values) in [("overrides", &self.level.overrides), ("parameters", self.parameters)] {
            if !values.is_empty() {
                metadata.insert(name.into(), Value::Object(values.clone()));
            }
        }
        metadata
    }
}

impl Productions {
    /// # Errors
    /// What is wrong with the values, or the workflow is not there any more.
    pub(super) async fn run_of(&self, order: RunOrder<'_>) -> Result<TakeRun, GenerateError> {
        check_overrides("parameters", order.parameters, order.workflow.is_none())?;
        match order.workflow {
            Some(id) => self.saved_run(id, &order).await,
            None => self.built_in_run(&order).await,
        }
    }

    /// The values that the built-in workflow has in a project where nothing sets them.
    pub(super) async fn usual_recipe(&self, project: &Project) -> TextToImage {
        let options = self.pool.form_options_once_known(limits::SUBMIT_WAIT).await;
        let (width, height) = frame_size(&project.fields);
        let checkpoint = options.checkpoints.first().cloned().unwrap_or_default();
        TextToImage { width, height, checkpoint, ..TextToImage::default() }
    }

    /// Whether a ComfyUI was reached, which says what models there are.
    pub(super) fn knows_models(&self) -> bool {
        self.pool.form_options().known
    }

    async fn built_in_run(&self, order: &RunOrder<'_>) -> Result<TakeRun, GenerateError> {
        let composite = &order.sources.composite;
        let seed = order.seed.unwrap_or_else(new_seed);
        let usual = self.usual_recipe(&order.sources.project).await;
        let prompt = format!("{}{}", composite.final_prompt, lora_tags(&composite.lora_models));
        let usual = TextToImage { prompt, seed, ..usual };
        let mut texts: Vec<(Field, String)> = Field::ALL.into_iter().map(|field| (field, usual.field(field))).collect();
        for (key, value) in order.level.overrides.iter().chain(order.parameters) {
            let field = Field::of_name(key);
            if let Some((_, text)) = texts.iter_mut().find(|(known, _)| Some(*known) == field) {
                *text = text_of(value);
            }
        }
        let text = |field: Field| texts.iter().find(|(known, _)| *known == field).map_or("", |(_, text)| text.as_str());
        let refused = |problems| GenerateError::submission(SubmissionError::Refused(Refusal::new(problems)), true);
        let recipe = TextToImage::from_fields(text).map_err(refused)?;
        Ok(TakeRun {
            submission: Submission::TextToImage(recipe),
            prompts: PromptSource::Templates(None),
            seed: Some(seed),
            metadata: order.metadata(None),
            is_built_in: true,
            notes: Vec::new(),
        })
    }

    async fn saved_run(&self, id: WorkflowId, order: &RunOrder<'_>) -> Result<TakeRun, GenerateError> {
        let (composite, level) = (&order.sources.composite, order.level);
        let saved = self.library.get(id, None).await?;
        let form = self.library.form(&saved);
        let mut inputs = Map::new();
        // Those of another workflow's nodes mean nothing in this one.
        let is_of_level = level.workflow == Some(id);
        for (key, value) in &level.overrides {
            for field in fields_named(&form, key, if is_of_level { Wanted::Any } else { Wanted::ByName }) {
                inputs.insert(field.key.to_string(), value.clone());
            }
        }
        for (key, value) in order.parameters {
            let fields = fields_named(&form, key, Wanted::Any);
            if fields.is_empty() {
                let place = format!("parameters/{}", key.replace('~', "~0").replace('/', "~1"));
                return Err(FieldProblem::new(place, "The workflow has no such value: its schema names those that it has.").into());
            }
            for field in fields {
                inputs.insert(field.key.to_string(), value.clone());
            }
        }
        let named = level.prompt_input.as_deref().filter(|_| is_of_level);
        let prompts = prompt_fields(&form, named);
        if prompts.is_empty() {
            let message = "This workflow has no prompt. Name the value that gets it: `prompt_input` of the project's qualities.";
            return Err(FieldProblem::new("workflow", message).into());
        }
        for field in prompts {
            inputs.insert(field.key.to_string(), composite.final_prompt.clone().into());
        }
        let seed = set_seeds(&form, order.seed, &mut inputs);
        let mut notes = Vec::new();
        let loras = lora_list(&form, &composite.lora_models);
        if loras.is_empty() && !composite.lora_models.is_empty() {
            notes.push("The workflow loads no model that LoRAs of the cast could change: they are left out.".to_owned());
        }
        let workflow = self.library.run(&saved, inputs, loras)?;
        let json = serde_json::to_string(&workflow).map_err(|_| crate::workflow_library::LibraryError::Damaged)?;
        Ok(TakeRun {
            submission: Submission::Workflow { name: saved.saved.head.name.clone(), json },
            prompts: PromptSource::Templates(None),
            seed,
            metadata: order.metadata(Some(saved.saved.head.version)),
            is_built_in: false,
            notes,
        })
    }
}

/// Sets the seeds of a workflow: to this one, or those that are to be new for each run to a new one. Returns the first.
fn set_seeds(form: &Form, wanted: Option<u64>, inputs: &mut Map<String, Value>) -> Option<u64> {
    let random = new_seed();
    let mut first = None;
    for field in form.fields.iter().filter(|field| field.role == Role::Seed && form.is_there(field)) {
        let new = || field.next_value(SeedControl::Random, &field.value, random).filter(|_| field.seed == Some(SeedControl::Random));
        let text = wanted.map(|seed| seed.to_string()).or_else(new);
        first = first.or_else(|| seed_in(field, text.as_deref()));
        if let Some(text) = text {
            inputs.insert(field.key.to_string(), text.into());
        }
    }
    first
}

fn seed_in(field: &FormField, text: Option<&str>) -> Option<u64> {
    text.unwrap_or(&field.value).trim().parse().ok()
}

/// The seed that a request names.
pub(super) fn seed_of(request: &GenerateRequest) -> Result<Option<u64>, FieldProblem> {
    request.seed.as_ref().map(SeedNumber::value).transpose()
}

/// Pixels of a picture in the shape of the project's frames, with about as many as the built-in form has.
fn frame_size(fields: &ProjectFields) -> (u32, u32) {
    let usual = TextToImage::default();
    let sides =
        fields.resolution.split_once('x').and_then(|(width, height)| Some((width.parse::<f64>().ok()?, height.parse::<f64>().ok()?)));
    let ratio = sides.map_or(1.0, |(width, height)| (width / height).clamp(0.1, 10.0));
    let area = f64::from(usual.width) * f64::from(usual.height);
    // Models take sides in steps of 8.
    let side = |length: f64| ((length / 8.0).round() * 8.0) as u32;
    (side((area * ratio).sqrt()), side((area / ratio).sqrt()))
}
