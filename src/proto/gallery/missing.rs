//! A model, sampler or scheduler that an output was made with and no ComfyUI has under this name.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingName {
    pub name: String,
    /// What a ComfyUI calls the same file: programs write names with or without the folder and the ending.
    pub same: Option<String>,
    /// The names that are most like it, the most similar first; empty with `same`.
    pub nearest: Vec<String>,
}
