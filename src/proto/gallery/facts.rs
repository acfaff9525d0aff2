//! What the gallery knows of an output.

use serde::{Deserialize, Serialize};

use crate::task::OutputKind;

/// Everything that an output can be found by, except what people do with it later (stars, ratings, tags, albums).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputFacts {
    /// `None`: a file that is neither picture, video nor sound, such as a 3D model.
    pub kind: Option<OutputKind>,
    /// In pixels; 0 where the file has none, or they are unknown.
    pub width: u32,
    pub height: u32,
    /// The name of the file at ComfyUI, or of the imported file, without its folder.
    pub filename: String,
    pub prompt: String,
    pub negative: String,
    /// As the workflow names them, the main one first.
    pub models: Vec<String>,
    pub loras: Vec<LoraFact>,
    pub seed: Option<u64>,
    pub sampler: String,
    pub scheduler: String,
    pub steps: Option<u32>,
    /// A decimal number as text; empty where there is none.
    pub cfg: String,
    /// The name of its task.
    pub name: String,
    /// The name of the workflow that it was made with: of a saved one, or the built-in form's (`text-to-image`, `inpaint`, …); empty where unknown.
    pub workflow: String,
    /// The ComfyUI that made it; empty where unknown.
    pub backend: String,
    /// The program that wrote the file, of an imported one; empty for outputs of tasks.
    pub program: String,
    /// The SHA-256 of the pictures that it was made from, in hexadecimal digits.
    pub parents: Vec<String>,
    pub has_mask: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoraFact {
    pub name: String,
    /// A decimal number as text.
    pub weight: String,
}

impl OutputFacts {
    /// Whether a sampler made it: pictures that are only enlarged or sharpened have no settings of their own.
    #[must_use]
    pub fn has_sampling(&self) -> bool {
        self.seed.is_some() || self.steps.is_some() || !self.prompt.is_empty()
    }

    /// Takes over how the picture that it was made from was made, if it has no settings of its own: an enlarged picture is found by the prompt of its
    /// source, and its settings can be used again.
    pub fn inherit(&mut self, source: &Self) {
        if self.has_sampling() {
            return;
        }
        let Self { prompt, negative, models, loras, seed, sampler, scheduler, steps, cfg, .. } = source.clone();
        (self.prompt, self.negative, self.seed, self.steps, self.cfg) = (prompt, negative, seed, steps, cfg);
        (self.sampler, self.scheduler) = (sampler, scheduler);
        if self.models.is_empty() {
            self.models = models;
        }
        if self.loras.is_empty() {
            self.loras = loras;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_output_without_settings_takes_those_of_its_source() {
        let source = OutputFacts {
            prompt: "a red door".into(),
            models: vec!["base.safetensors".into()],
            seed: Some(7),
            steps: Some(20),
            width: 64,
            name: "source".into(),
            ..OutputFacts::default()
        };
        let mut enlarged = OutputFacts { width: 256, name: "enlarged".into(), ..OutputFacts::default() };
        enlarged.inherit(&source);
        let expected = OutputFacts { width: 256, name: "enlarged".into(), ..source.clone() };
        assert_eq!(enlarged, expected);
        let own = OutputFacts { prompt: "a blue door".into(), ..OutputFacts::default() };
        let mut redrawn = own.clone();
        redrawn.inherit(&source);
        assert_eq!(redrawn, own);
    }
}
