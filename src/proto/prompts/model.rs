//! What pages and tasks know of templates.

use serde::{Deserialize, Serialize};

use crate::{ids::NodeId, time::Timestamp};

/// The texts of a task that were made from templates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPrompts {
    /// What their alternatives were chosen with; apart from the seed of the noise.
    pub seed: u64,
    /// Only those whose text is not the template itself.
    pub texts: Vec<ResolvedPrompt>,
}

/// A text of a workflow, and the template that it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedPrompt {
    pub node: NodeId,
    pub input: String,
    pub template: String,
    pub text: String,
}

/// The input with the prefix of a file's name.
pub(crate) const FILE_NAME: &str = "filename_prefix";

impl TaskPrompts {
    /// Those that are not names of files.
    pub fn prompts(&self) -> impl Iterator<Item = &ResolvedPrompt> {
        self.texts.iter().filter(|text| text.input != FILE_NAME)
    }

    pub fn file_names(&self) -> impl Iterator<Item = &ResolvedPrompt> {
        self.texts.iter().filter(|text| text.input == FILE_NAME)
    }

    /// The text of this input, if it was made from a template.
    #[must_use]
    pub fn at(&self, node: &str, input: &str) -> Option<&ResolvedPrompt> {
        self.texts.iter().find(|text| text.node.as_str() == node && text.input == input)
    }
}

/// What a template gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptPreview {
    /// How many combinations of choices there are, in decimal digits. Two of them may give the same text. `None`: 2^128 or more.
    pub combinations: Option<String>,
    pub samples: Vec<PromptSample>,
    /// The wildcards that were read for it.
    pub wildcards: Vec<String>,
    /// What may not be meant so, for people.
    pub notes: Vec<String>,
}

/// A text that a template gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSample {
    pub seed: u64,
    pub text: String,
}

/// What is wrong in a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptMistake {
    /// For people, with the place.
    pub message: String,
    /// The character in the template that it begins at, counted from 0. `None`: it is in a wildcard.
    pub at: Option<u32>,
}

/// A kind of model that a prompt names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PromptModel {
    /// By its file, with the ending.
    Lora,
    /// By its file, without the ending.
    Embedding,
}

impl PromptModel {
    /// ComfyUI's name for where they are.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Lora => "loras",
            Self::Embedding => "embeddings",
        }
    }

    #[must_use]
    pub fn of_folder(folder: &str) -> Option<Self> {
        [Self::Lora, Self::Embedding].into_iter().find(|kind| kind.folder() == folder)
    }
}

/// What can be inserted into a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptNames {
    /// Files, for `<lora:file:1>`.
    pub loras: Vec<String>,
    /// For `embedding:name`.
    pub embeddings: Vec<String>,
    /// For `__name__`.
    pub wildcards: Vec<String>,
}

/// A wildcard in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WildcardFile {
    /// Its folders and name, without the ending: "animals/dogs".
    pub name: String,
    pub bytes: u64,
    pub changed_at: Timestamp,
}

/// A wildcard with its values, one a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WildcardText {
    pub name: String,
    pub text: String,
    /// Differs whenever the text does. Who changes the text names the one that was read.
    pub revision: String,
}
