//! The templates of a task, as the API shows them.

use proto::{
    ids::NodeId,
    prompts::{ResolvedPrompt, TaskPrompts},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::facts::Seed;

/// The texts of a task that were made from templates.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TaskPromptsReport {
    /// What their alternatives were chosen with: `promptSeed` of another task.
    seed: Seed,
    texts: Vec<ResolvedPromptReport>,
}

/// A text of a workflow, and the template that it was made from.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ResolvedPromptReport {
    #[schema(value_type = String, example = "6")]
    node: NodeId,
    #[schema(example = "text")]
    input: String,
    #[schema(example = "a {red|blue} door")]
    template: String,
    #[schema(example = "a blue door")]
    text: String,
}

impl From<&TaskPrompts> for TaskPromptsReport {
    fn from(prompts: &TaskPrompts) -> Self {
        let text = |resolved: &ResolvedPrompt| {
            let ResolvedPrompt { node, input, template, text } = resolved.clone();
            ResolvedPromptReport { node, input, template, text }
        };
        Self { seed: prompts.seed.into(), texts: prompts.texts.iter().map(text).collect() }
    }
}
