//! The parameters of the built-in workflow `text-to-image`.

use proto::{recipe::TextToImage, submit::FormOptions};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::{
    fields::{integer, not_null},
    kind::ProblemKind,
    problem::ApiProblem,
};

/// The parameters of `text-to-image`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TextToImageParameters {
    /// What the picture should show.
    #[schema(min_length = 1, example = "a lighthouse at dusk")]
    prompt: String,
    /// What it should not show.
    #[serde(default)]
    #[schema(default = "")]
    negative_prompt: String,
    /// A file in ComfyUI's models/checkpoints; the first of them by default.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    checkpoint: Option<String>,
    /// In pixels.
    #[serde(default = "side", deserialize_with = "integer")]
    #[schema(default = 512, minimum = 16, maximum = 16384)]
    width: u32,
    #[serde(default = "side", deserialize_with = "integer")]
    #[schema(default = 512, minimum = 16, maximum = 16384)]
    height: u32,
    /// How many pictures.
    #[serde(default = "one", deserialize_with = "integer")]
    #[schema(default = 1, minimum = 1, maximum = 4096)]
    batch_size: u32,
    #[serde(default = "steps", deserialize_with = "integer")]
    #[schema(default = 20, minimum = 1, maximum = 10000)]
    steps: u32,
    #[serde(default = "cfg")]
    #[schema(default = 7.0, minimum = 0, maximum = 100)]
    cfg: f64,
    /// One of ComfyUI's samplers.
    #[serde(default = "sampler")]
    #[schema(default = "euler")]
    sampler: String,
    #[serde(default = "scheduler")]
    #[schema(default = "normal")]
    scheduler: String,
    /// 0 to 2^64 − 1; as text if a number would not be exact. Random by default.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    seed: Option<SeedInput>,
    /// What the alternatives of its prompts are chosen with: see `POST /api/prompts/preview`. As `seed`; random by default.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    prompt_seed: Option<SeedInput>,
}

/// 0 to 2^64 − 1.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "a seed is a whole number from 0 to 18446744073709551615, or its digits as text")]
pub enum SeedInput {
    Number(#[serde(deserialize_with = "integer")] u64),
    Digits(SeedDigits),
}

/// A whole number in decimal digits, up to 18446744073709551615.
#[derive(Deserialize, ToSchema)]
#[schema(pattern = "^[0-9]{1,20}$", example = "18446744073709551615")]
pub struct SeedDigits(String);

fn side() -> u32 {
    TextToImage::default().width
}

fn one() -> u32 {
    TextToImage::default().batch
}

fn steps() -> u32 {
    TextToImage::default().steps
}

fn cfg() -> f64 {
    7.0
}

fn sampler() -> String {
    TextToImage::default().sampler
}

fn scheduler() -> String {
    TextToImage::default().scheduler
}

impl SeedInput {
    /// `pointer`: where it is in the body.
    pub(in crate::routes::api) fn value(self, pointer: &str) -> Result<u64, ApiProblem> {
        match self {
            Self::Number(seed) => Ok(seed),
            Self::Digits(SeedDigits(digits)) => {
                digits.parse().map_err(|_| ApiProblem::at(pointer, "A seed is a whole number from 0 to 18446744073709551615."))
            }
        }
    }
}

impl TextToImageParameters {
    pub(super) fn take_prompt_seed(&mut self) -> Result<Option<u64>, ApiProblem> {
        self.prompt_seed.take().map(|seed| seed.value("/parameters/promptSeed")).transpose()
    }

    /// The recipe of the form, with the first checkpoint and a random seed where none is given.
    pub(super) fn recipe(self, options: &FormOptions) -> Result<TextToImage, ApiProblem> {
        let seed = match self.seed {
            Some(seed) => seed.value("/parameters/seed")?,
            // 53 bits, which a number of JavaScript holds exactly.
            None => rand::random::<u64>() >> 11,
        };
        let checkpoint = self.checkpoint.or_else(|| options.checkpoints.first().cloned()).ok_or_else(|| {
            if options.known {
                ApiProblem::at("/parameters/checkpoint", "Name a checkpoint. ComfyUI has no model in models/checkpoints.")
            } else {
                let detail = "No ComfyUI was reached yet to say which checkpoints there are. Name one, or send this again later.";
                ApiProblem::new(ProblemKind::Unavailable, detail)
            }
        })?;
        Ok(TextToImage {
            prompt: self.prompt,
            negative: self.negative_prompt,
            checkpoint,
            width: self.width,
            height: self.height,
            batch: self.batch_size,
            steps: self.steps,
            cfg: self.cfg.to_string(),
            sampler: self.sampler,
            scheduler: self.scheduler,
            seed,
        })
    }
}
