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
