//! The built-in text-to-image form: its fields, their validation, and its workflow.

mod decimal;
mod name;

use self::{decimal::is_decimal, name::prompt_name};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strum::IntoStaticStr;

use super::{
    comfy::{Catalog, Workflow},
    ids::NodeId,
    prompts::TaskPrompts,
    task::Problem,
};

/// The values of the form. Sizes in pixels; `seed` up to 2^64 − 1, as text because JavaScript's numbers end at 2^53.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextToImage {
    pub prompt: String,
    #[serde(default)]
    pub negative: String,
    pub checkpoint: String,
    pub width: u32,
    pub height: u32,
    pub batch: u32,
    pub steps: u32,
    /// A decimal number, as typed.
    pub cfg: String,
    pub sampler: String,
    pub scheduler: String,
    #[serde(with = "seed_text")]
    pub seed: u64,
}

impl Default for TextToImage {
    fn default() -> Self {
        Self {
            prompt: String::new(),
            negative: String::new(),
            checkpoint: String::new(),
            width: 512,
            height: 512,
            batch: 1,
            steps: 20,
            cfg: "7.0".into(),
            sampler: "euler".into(),
            scheduler: "normal".into(),
            seed: 0,
        }
    }
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Field {
    Prompt,
    Negative,
    Checkpoint,
    Width,
    Height,
    Batch,
    Steps,
    Cfg,
    Sampler,
    Scheduler,
    Seed,
}

/// Where each field goes in the workflow: `(field, node, input)`. Node ids as in ComfyUI's own default workflow.
const PLACES: &[(Field, &str, &str)] = &[
    (Field::Prompt, "6", "text"),
    (Field::Negative, "7", "text"),
    (Field::Checkpoint, "4", "ckpt_name"),
    (Field::Width, "5", "width"),
    (Field::Height, "5", "height"),
    (Field::Batch, "5", "batch_size"),
    (Field::Steps, "3", "steps"),
    (Field::Cfg, "3", "cfg"),
    (Field::Sampler, "3", "sampler_name"),
    (Field::Scheduler, "3", "scheduler"),
    (Field::Seed, "3", "seed"),
];

impl Field {
    pub const ALL: [Self; 11] = [
        Self::Prompt,
        Self::Negative,
        Self::Checkpoint,
        Self::Width,
        Self::Height,
        Self::Batch,
        Self::Steps,
        Self::Cfg,
        Self::Sampler,
        Self::Scheduler,
        Self::Seed,
    ];

    /// The field that a validation error of ComfyUI belongs to.
    #[must_use]
    pub fn of(problem: &Problem) -> Option<Self> {
        let (node, input) = (problem.node.as_ref()?, problem.input.as_deref()?);
        PLACES.iter().find(|(_, its_node, its_input)| node.as_str() == *its_node && input == *its_input).map(|(field, ..)| *field)
    }

    /// The name of its HTML input.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The name of its task parameter in the HTTP API.
    #[must_use]
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Negative => "negativePrompt",
            Self::Batch => "batchSize",
            field => field.name(),
        }
    }

    /// Its label on the pages.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Prompt => "Prompt",
            Self::Negative => "Negative prompt",
            Self::Checkpoint => "Checkpoint",
            Self::Width => "Width",
            Self::Height => "Height",
            Self::Batch => "Batch",
            Self::Steps => "Steps",
            Self::Cfg => "Guidance",
            Self::Sampler => "Sampler",
            Self::Scheduler => "Scheduler",
            Self::Seed => "Seed",
        }
    }

    /// Where it goes in the workflow: the node and its input.
    #[must_use]
    pub fn place(self) -> Option<(&'static str, &'static str)> {
        PLACES.iter().find(|(field, ..)| *field == self).map(|(_, node, input)| (*node, *input))
    }

    /// A problem of this field.
    #[must_use]
    pub fn problem(self, message: impl Into<String>) -> Problem {
        let place = self.place();
        Problem {
            node: place.map(|(node, _)| NodeId::from(node)),
            title: None,
            input: place.map(|(_, input)| input.to_owned()),
            message: message.into(),
        }
    }
}

impl TextToImage {
    /// Parses the form as typed. Text that is not a number of the field's type is a problem of that field.
    ///
    /// # Errors
    /// One problem per field that cannot be parsed. Whether ComfyUI accepts a value is not checked here.
    pub fn from_fields<'a>(field: impl Fn(Field) -> &'a str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let text = |which: Field| field(which).to_owned();
        let recipe = Self {
            width: number(&field, Field::Width, "a whole number of pixels", &mut problems),
            height: number(&field, Field::Height, "a whole number of pixels", &mut problems),
            batch: number(&field, Field::Batch, "a whole number", &mut problems),
            steps: number(&field, Field::Steps, "a whole number", &mut problems),
            cfg: text(Field::Cfg),
            seed: number(&field, Field::Seed, "a whole number from 0 to 18446744073709551615", &mut problems),
            negative: text(Field::Negative),
            sampler: text(Field::Sampler),
            scheduler: text(Field::Scheduler),
            prompt: text(Field::Prompt),
            checkpoint: text(Field::Checkpoint),
        };
        // A field that cannot be parsed has no value that could be out of range.
        let wrong: Vec<_> = problems.iter().map(Field::of).collect();
        problems.extend(recipe.problems().into_iter().filter(|problem| !wrong.contains(&Field::of(problem))));
        if problems.is_empty() { Ok(recipe) } else { Err(problems) }
    }

    /// Problems found before the task is sent: values that ComfyUI would accept although they are useless, or that cannot be sent.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.prompt.trim().is_empty() {
            problems.push(Field::Prompt.problem("Write a prompt: what should the picture show?"));
        }
        if self.checkpoint.is_empty() {
            problems.push(Field::Checkpoint.problem("Choose a checkpoint. If there is none, ComfyUI has no model in models/checkpoints."));
        }
        // The ranges of ComfyUI's nodes, in the words of the form.
        let ranges = [
            (Field::Width, self.width, 16, 16_384),
            (Field::Height, self.height, 16, 16_384),
            (Field::Batch, self.batch, 1, 4_096),
            (Field::Steps, self.steps, 1, 10_000),
        ];
        for (field, value, min, max) in ranges {
            if !(min..=max).contains(&value) {
                problems.push(field.problem(format!("This must be from {min} to {max}.")));
            }
        }
        if !is_decimal(&self.cfg) {
            problems.push(Field::Cfg.problem("This must be a number such as 7.0."));
        }
        problems
    }

    /// The text of this form field. [`TextToImage::from_fields`] parses it again.
    #[must_use]
    pub fn field(&self, field: Field) -> String {
        match field {
            Field::Prompt => self.prompt.clone(),
            Field::Negative => self.negative.clone(),
            Field::Checkpoint => self.checkpoint.clone(),
            Field::Width => self.width.to_string(),
            Field::Height => self.height.to_string(),
            Field::Batch => self.batch.to_string(),
            Field::Steps => self.steps.to_string(),
            Field::Cfg => self.cfg.clone(),
            Field::Sampler => self.sampler.clone(),
            Field::Scheduler => self.scheduler.clone(),
            Field::Seed => self.seed.to_string(),
        }
    }

    /// The same with the texts that its prompts became.
    #[must_use]
    pub fn with_texts(&self, prompts: &TaskPrompts) -> Self {
        let text = |field: Field, template: &String| {
            let resolved = field.place().and_then(|(node, input)| prompts.at(node, input));
            resolved.filter(|resolved| resolved.template == *template).map_or_else(|| template.clone(), |resolved| resolved.text.clone())
        };
        let (prompt, negative) = (text(Field::Prompt, &self.prompt), text(Field::Negative, &self.negative));
        Self { prompt, negative, ..self.clone() }
    }

    /// The name of the task: see [`prompt_name`].
    #[must_use]
    pub fn name(&self) -> String {
        prompt_name(&self.prompt)
    }

    /// ComfyUI's default text-to-image graph with these values.
    #[must_use]
    pub fn workflow(&self) -> Workflow {
        // Validated before. Text that is not a number is sent unchanged, and ComfyUI refuses it.
        let cfg = self.cfg.trim().parse::<f64>().map_or_else(|_| json!(self.cfg), |cfg| json!(cfg));
        let value = json!({
            "3": {"class_type": "KSampler", "inputs": {
                "seed": self.seed, "steps": self.steps, "cfg": cfg, "sampler_name": self.sampler, "scheduler": self.scheduler,
                "denoise": 1.0, "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
            }, "_meta": {"title": "Sample"}},
            "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": self.checkpoint}, "_meta": {"title": "Load checkpoint"}},
            "5": {"class_type": "EmptyLatentImage", "inputs": {
                "width": self.width, "height": self.height, "batch_size": self.batch,
            }, "_meta": {"title": "Empty latent"}},
            "6": {"class_type": "CLIPTextEncode", "inputs": {"text": self.prompt, "clip": ["4", 1]}, "_meta": {"title": "Prompt"}},
            "7": {"class_type": "CLIPTextEncode", "inputs": {"text": self.negative, "clip": ["4", 1]}, "_meta": {"title": "Negative prompt"}},
            "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}, "_meta": {"title": "Decode"}},
            "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "darkroom", "images": ["8", 0]}, "_meta": {"title": "Save image"}},
        });
        serde_json::from_value(value).unwrap_or_else(|_| Workflow(indexmap::IndexMap::new()))
    }

    /// The same, with choices in the type that this ComfyUI lists them in: a node pack may make a list of numbers of samplers.
    #[must_use]
    pub fn workflow_for(&self, catalog: &Catalog) -> Workflow {
        let mut workflow = self.workflow();
        for (_, id, input) in PLACES {
            let Some(node) = workflow.0.get_mut(*id) else { continue };
            let text = node.input(input).and_then(Value::as_str);
            if let Some(value) = text.and_then(|text| catalog.typed_choice(node.class_type(), input, text)).cloned() {
                node.set_input(input, value);
            }
        }
        workflow
    }
}

fn number<'a, T: std::str::FromStr + Default>(
    field: &impl Fn(Field) -> &'a str,
    which: Field,
    what: &str,
    problems: &mut Vec<Problem>,
) -> T {
    field(which).trim().parse().unwrap_or_else(|_| {
        problems.push(which.problem(format!("This must be {what}.")));
        T::default()
    })
}

mod seed_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(seed)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lighthouse() -> TextToImage {
        TextToImage {
            prompt: "a lighthouse at dusk, film grain".into(),
            checkpoint: "sd.safetensors".into(),
            seed: u64::MAX,
            ..Default::default()
        }
    }

    #[test]
    fn every_field_arrives_in_the_workflow() {
        let workflow = lighthouse().workflow();
        for (field, node, input) in PLACES {
            let value = workflow.0[*node].input(input).unwrap();
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(text, lighthouse().field(*field), "{field:?}");
        }
    }

    #[test]
    fn a_choice_keeps_the_type_that_comfyui_lists_it_in() {
        let catalog = Catalog::from_object_info(&json!({"KSampler": {"input": {"required": {
            "sampler_name": [[1, 2, true, "euler"], {}],
            "scheduler": ["COMBO", {"options": ["normal", "7"]}],
        }}}}));
        let input = |sampler: &str, scheduler: &str, name: &str| {
            let recipe = TextToImage { sampler: sampler.into(), scheduler: scheduler.into(), ..lighthouse() };
            recipe.workflow_for(&catalog).0["3"].input(name).cloned().unwrap()
        };
        assert_eq!(input("2", "normal", "sampler_name"), json!(2));
        assert_eq!(input("true", "normal", "sampler_name"), json!(true));
        assert_eq!(input("euler", "normal", "sampler_name"), json!("euler"));
        assert_eq!(input("3", "normal", "sampler_name"), json!("3"), "no option: ComfyUI says so");
        assert_eq!(input("2", "7", "scheduler"), json!("7"), "a text that looks like a number");
        assert_eq!(lighthouse().workflow_for(&Catalog::default()), lighthouse().workflow());
    }

    #[test]
    fn a_form_filled_from_a_recipe_gives_the_recipe_back() {
        let fields: Vec<String> = Field::ALL.iter().map(|field| lighthouse().field(*field)).collect();
        let read = TextToImage::from_fields(|field| &fields[Field::ALL.iter().position(|f| *f == field).unwrap()]);
        assert_eq!(read, Ok(lighthouse()));
    }

    #[test]
    fn a_bad_number_is_a_problem_at_its_field() {
        let problems = TextToImage::from_fields(|field| match field {
            Field::Width => "wide",
            Field::Seed => "-1",
            Field::Steps => "0",
            Field::Prompt | Field::Checkpoint => "x",
            _ => "64",
        })
        .unwrap_err();
        assert_eq!(problems.iter().filter_map(Field::of).collect::<Vec<_>>(), [Field::Width, Field::Seed, Field::Steps]);
        assert_eq!(problems[2].message, "This must be from 1 to 10000.");
    }

    #[test]
    fn decimal_numbers_are_recognized() {
        for good in ["7", "7.0", "-0.5", "0.0", ".5", " 7 "] {
            assert!(is_decimal(good), "{good}");
        }
        for bad in ["", "-", ".", "7.", "1e3", "inf", "NaN", "7,0", "7.0.0", "--7"] {
            assert!(!is_decimal(bad), "{bad}");
        }
    }
}
